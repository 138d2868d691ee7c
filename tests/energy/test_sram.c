/* tests/energy/test_sram.c - memory on the chip: CACTI's rows, and what lies between and beyond them. */
#include "energy/prices/sram.h"
#include "energy/prices/sram_table.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static double off(double value, double truth)
{
    return fabs(value / truth - 1);
}

static enum hardware_ports ports_named(const char *name)
{
    return strcmp(name, "1R1W") == 0 ? PORTS_1R1W : strcmp(name, "1RW") == 0 ? PORTS_1RW : PORTS_RW1R1W;
}

Test(sram, every_row_that_cacti_printed_is_returned_as_it_is)
{
    FILE *file = fopen("tests/golden/cacti_sram.csv", "r");
    char line[256], ports[16];
    double nm, bytes, port, read, write, leak, area;
    int rows = 0;

    cr_assert_not_null(file);
    cr_assert_not_null(fgets(line, sizeof line, file)); /* names of the columns */
    while (fgets(line, sizeof line, file) != NULL) {
        const int got = sscanf(line, "%lf,itrs-hp,%15[^,],%lf,%lf,%lf,%lf,%*f,%*f,%lf,%*f,%lf", &nm, ports,
                               &bytes, &port, &read, &write, &leak, &area);
        cr_assert_eq(got, 8, "%s", line);
        const struct sram s = sram_of_table(bytes, port, ports_named(ports), nm);
        const double bits = 8 * port; /* the file's columns per bit are rounded to five decimals */
        cr_assert(off(s.read_pj_per_bit, read / bits) < 1e-6, "%s", line);
        cr_assert(off(s.write_pj_per_bit, write / bits) < 1e-6, "%s", line);
        cr_assert(off(s.leakage_mw, leak) < 1e-5 && off(s.area_mm2, area) < 1e-4, "%s", line);
        rows++;
    }
    fclose(file);
    cr_assert_eq(rows, 236);
}

/* Horowitz, ISSCC 2014: 64 bits from 1 MB cost ten times as much as from 8 KB. CACTI says nineteen; what it
 * says of the largest and the middle size lies within 15 % of his. */
Test(sram, sizes_compare_with_the_published_table)
{
    cr_assert(off(64 * sram_of_table(32768, 8, PORTS_1R1W, 45).read_pj_per_bit, 20) < 0.15);
    cr_assert(off(64 * sram_of_table(1048576, 8, PORTS_1R1W, 45).read_pj_per_bit, 100) < 0.15);
    cr_assert(sram_of_table(1048576, 8, PORTS_1R1W, 45).read_pj_per_bit >
              10 * sram_of_table(8192, 8, PORTS_1R1W, 45).read_pj_per_bit);
}

/* Leave each row out and find it from its neighbours: half and double the size, twice the distance that a
 * value in use has. */
Test(sram, rows_are_found_again_from_their_neighbours)
{
    int count, found = 0, near = 0;
    double sum = 0;
    const struct sram_row *r = sram_rows(&count);

    for (int i = 1; i < count - 1; i++) {
        if (r[i - 1].bytes != r[i].bytes / 2 || r[i + 1].bytes != 2 * r[i].bytes) continue;
        const double error = off(sqrt(r[i - 1].sram.read_pj_per_bit * r[i + 1].sram.read_pj_per_bit),
                                 r[i].sram.read_pj_per_bit);
        sum += error;
        near += error < 0.05;
        found++;
    }
    cr_assert_gt(found, 150);
    cr_assert(sum / found < 0.07, "mean %g", sum / found);
    cr_assert(2 * near > found, "%d of %d within 5 %%", near, found);
}

/* 16-byte ports are found from those of 8 and 32 bytes, and 32 nm from 45 and 22 nm. */
Test(sram, widths_and_nodes_are_found_from_their_neighbours)
{
    double sum = 0;
    int count, found = 0;
    const struct sram_row *r = sram_rows(&count);

    for (int i = 0; i < count; i++) {
        if (r[i].node_nm != 32) continue;
        const double large = sram_of_table(r[i].bytes, r[i].port_bytes, PORTS_1R1W, 45).read_pj_per_bit;
        const double small = sram_of_table(r[i].bytes, r[i].port_bytes, PORTS_1R1W, 22).read_pj_per_bit;
        sum += off(large * pow(small / large, log(32.0 / 45) / log(22.0 / 45)), r[i].sram.read_pj_per_bit);
        found++;
    }
    cr_assert(found > 40 && sum / found < 0.03, "mean %g", sum / found);
    const double between = sram_of_table(65536, 12, PORTS_1R1W, 45).read_pj_per_bit;
    cr_assert(between < sram_of_table(65536, 8, PORTS_1R1W, 45).read_pj_per_bit);
    cr_assert(between > sram_of_table(65536, 16, PORTS_1R1W, 45).read_pj_per_bit);
}

Test(sram, there_are_no_steps_beside_rows)
{
    int count;
    const struct sram_row *r = sram_rows(&count);

    for (int i = 0; i < count; i++) {
        for (int side = -1; side <= 1; side += 2) {
            const double near = 1 + 1e-9 * side;
            const struct sram s =
                sram_of_table(r[i].bytes * near, r[i].port_bytes * near, r[i].ports, r[i].node_nm * near);
            cr_assert(off(s.read_pj_per_bit, r[i].sram.read_pj_per_bit) < 1e-6, "%g bytes, %g nm", r[i].bytes,
                      r[i].node_nm);
            cr_assert(off(s.write_pj_per_bit, r[i].sram.write_pj_per_bit) < 1e-6, "%g bytes", r[i].bytes);
        }
    }
}

Test(sram, a_larger_array_of_the_same_kind_never_costs_less_to_read)
{
    static const double nodes[] = {65, 50, 45, 32, 22};

    for (int n = 0; n < 5; n++) {
        double last = 0;
        for (double bytes = 16; bytes < 1e8; bytes *= 1.1) {
            const double read = sram_of_table(bytes, 4, PORTS_1R1W, nodes[n]).read_pj_per_bit;
            cr_assert(read > last, "%g bytes at %g nm", bytes, nodes[n]);
            last = read;
        }
    }
}

/* The exponents beyond the ends are those of the power laws. */
Test(sram, beyond_the_rows_energy_goes_on_by_the_power_law)
{
    const double at_end = sram_of_table(4194304, 4, PORTS_1R1W, 45).read_pj_per_bit;
    const double beyond = sram_of_table(4 * 4194304, 4, PORTS_1R1W, 45).read_pj_per_bit;
    cr_assert_float_eq(log(beyond / at_end) / log(4), 0.562, 1e-9);
}

Test(sram, the_power_laws_are_the_least_squares_of_their_rows)
{
    static const double ports[] = {4, 8, 32}, exponents[] = {0.562, 0.566, 0.541};
    int count;
    const struct sram_row *r = sram_rows(&count);

    for (int p = 0; p < 3; p++) {
        double n = 0, x = 0, y = 0, xx = 0, xy = 0;
        for (int i = 0; i < count; i++) {
            if (r[i].node_nm != 45 || r[i].ports != PORTS_1R1W || r[i].port_bytes != ports[p]) continue;
            const double a = log(r[i].bytes / 1024), b = log(r[i].sram.read_pj_per_bit);
            n += 1, x += a, y += b, xx += a * a, xy += a * b;
        }
        const double slope = (n * xy - x * y) / (n * xx - x * x), factor = exp((y - slope * x) / n);
        cr_assert_float_eq(slope, exponents[p], 0.001, "%g", slope);
        cr_assert(off(sram_fit(1024, ports[p], 45).read_pj_per_bit, factor) < 0.003, "%g", factor);
    }
}

Test(sram, the_power_laws_come_near_the_rows)
{
    double sum = 0;
    int count, found = 0;
    const struct sram_row *r = sram_rows(&count);

    for (int i = 0; i < count; i++) {
        if (r[i].ports != PORTS_1R1W || r[i].bytes < 1024) continue;
        const struct sram s = sram_fit(r[i].bytes, r[i].port_bytes, r[i].node_nm);
        sum += off(s.read_pj_per_bit, r[i].sram.read_pj_per_bit);
        cr_assert(r[i].node_nm != 45 || r[i].bytes <= 8192 || off(s.leakage_mw, r[i].sram.leakage_mw) < 0.25,
                  "%g bytes: %g mW", r[i].bytes, s.leakage_mw);
        cr_assert(r[i].node_nm != 45 || r[i].bytes <= 8192 || off(s.area_mm2, r[i].sram.area_mm2) < 0.25,
                  "%g bytes: %g mm^2", r[i].bytes, s.area_mm2);
        found++;
    }
    cr_assert(sum / found < 0.2, "mean %g", sum / found);
}
