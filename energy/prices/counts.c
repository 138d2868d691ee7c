/* energy/prices/counts.c - names of the components, and counts times prices. */
#include "energy/prices/counts.h"

static const double joules_per_pj = 1e-12, bits_per_byte = 8, hertz_per_mhz = 1e6;

static const struct component_row components[COST_COMPONENTS] = {
    [COST_MULTIPLY] = {"multiply", "8x8-bit multiply", PART_CORE},
    [COST_ADD] = {"add", "8-bit addition", PART_CORE},
    [COST_FLOAT_MULTIPLY] = {"float_multiply", "binary32 multiply", PART_CORE},
    [COST_FLOAT_ADD] = {"float_add", "binary32 addition", PART_CORE},
    [COST_CORE] = {"core", "cycle of an element", PART_CORE},
    [COST_IDLE] = {"idle", "idle cycle of an element", PART_CORE},
    [COST_REGISTER] = {"register", "bit", PART_REGISTER},
    [COST_NETWORK] = {"network", "bit and hop", PART_NETWORK},
    [COST_WEIGHT_READ] = {"weight_read", "bit", PART_BUFFER},
    [COST_WEIGHT_WRITE] = {"weight_write", "bit", PART_BUFFER},
    [COST_INPUT_READ] = {"input_read", "bit", PART_BUFFER},
    [COST_INPUT_WRITE] = {"input_write", "bit", PART_BUFFER},
    [COST_OUTPUT_READ] = {"output_read", "bit", PART_BUFFER},
    [COST_OUTPUT_WRITE] = {"output_write", "bit", PART_BUFFER},
    [COST_GLOBAL_READ] = {"global_read", "bit", PART_BUFFER},
    [COST_GLOBAL_WRITE] = {"global_write", "bit", PART_BUFFER},
    [COST_DRAM_READ] = {"dram_read", "bit", PART_DRAM},
    [COST_DRAM_WRITE] = {"dram_write", "bit", PART_DRAM},
    [COST_LEAKAGE] = {"leakage", "s", PART_STATIC},
    [COST_BACKGROUND] = {"background", "s", PART_STATIC},
    [COST_HOST] = {"host", "s", PART_STATIC},
};

const struct component_row *component_of(enum component c)
{
    return &components[c];
}

const char *part_name(enum part p)
{
    static const char *const names[PARTS] = {"core", "register", "network", "buffer", "dram", "static"};
    return names[p];
}

void counts_add(struct counts *a, const struct counts *b, double times)
{
    a->macs += times * b->macs;
    a->bitops += times * b->bitops;
    a->cycles += times * b->cycles;
    a->stall_cycles += times * b->stall_cycles;
    for (int i = 0; i < COST_COMPONENTS; i++)
        a->of[i] += times * b->of[i];
}

void counts_time(struct counts *c, double mhz)
{
    c->of[COST_LEAKAGE] = c->of[COST_BACKGROUND] = c->of[COST_HOST] = c->cycles / (mhz * hertz_per_mhz);
}

void counts_parts(double joules[PARTS], const struct counts *c, const struct prices *p)
{
    double pj[PARTS] = {0};

    for (int i = 0; i < COST_COMPONENTS; i++)
        pj[components[i].part] += c->of[i] * p->pj[i];
    for (int i = 0; i < PARTS; i++)
        joules[i] = pj[i] * joules_per_pj;
}

/* The parts' sum in their order, so that a table's rows add up to its total exactly. */
double counts_energy(const struct counts *c, const struct prices *p)
{
    double joules[PARTS], sum = 0;

    counts_parts(joules, c, p);
    for (int i = 0; i < PARTS; i++)
        sum += joules[i];
    return sum;
}

double counts_dram_bytes(const struct counts *c)
{
    return (c->of[COST_DRAM_READ] + c->of[COST_DRAM_WRITE]) / bits_per_byte;
}
