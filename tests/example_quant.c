/* Eight weights through three formats: what they become, and what it costs. */
#include <quant/plan.h>
#include <stdio.h>

int main(void)
{
    static const char *const formats[] = {"fx:s6.2:rnd_conv:sat", "fp:e4m3fn:sr8:sat", "mx:e2m1:8:floor"};
    const float weight[8] = {0.31f, -1.7f, 0.02f, 0.9f, -0.45f, 2.2f, -0.003f, 1.1f};
    float value[8];

    for (int i = 0; i < 3; i++) {
        struct format format;
        struct plan plan;
        struct tally tally = {0};
        const struct draw draw = {.name = {.seed = 1, .stream = 0, .step = 0}, .first = 0};

        if (format_parse(&format, formats[i]) != STATUS_OK ||
            plan_make(&plan, &format, CARRIER_FLOAT32) != STATUS_OK) {
            fprintf(stderr, "%s\n", status_detail());
            return 1;
        }
        plan_apply_f32(&plan, value, weight, 8, draw, &tally);
        printf("%-22s", formats[i]);
        for (int k = 0; k < 8; k++)
            printf(" %g", (double)value[k]);
        printf("  (%.1f dB, %d saturated)\n", tally_sqnr_db(&tally), (int)tally.overflow);
    }
    return 0;
}
