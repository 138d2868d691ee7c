/* experiments/run/progress.c - the progress line. */
#include "experiments/run/progress.h"

#include "experiments/record/provenance.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

enum { BAR = 20 };

static const double redraw_seconds = 0.1, line_seconds = 5;
static const double loss_memory = 0.95; /* weight of the earlier iterations in the loss that is shown */
static const double loss_plain = 1e6;   /* a diverging loss beyond it is shown with an exponent */

struct progress progress_begin(FILE *out, const char *label, int64_t first, int64_t iterations)
{
    const double now = provenance_clock();
    return (struct progress){.out = out,
                             .terminal = out != NULL && isatty(fileno(out)) == 1,
                             .label = label,
                             .first = first,
                             .iterations = iterations,
                             .started = now,
                             .shown = now,
                             .loss = NAN};
}

void progress_time(char *text, size_t size, double seconds)
{
    const long s = seconds > 0 && seconds < 1e9 ? (long)(seconds + 0.5) : 0;

    if (s < 60) {
        snprintf(text, size, "%ld s", s);
    } else if (s < 3600) {
        snprintf(text, size, "%ld:%02ld", s / 60, s % 60);
    } else {
        snprintf(text, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    }
}

static void bar_print(FILE *out, double done)
{
    fputc('[', out);
    for (int i = 0; i < BAR; i++)
        fputc(i < (int)(done * BAR + 0.5) ? '#' : '.', out);
    fputs("] ", out);
}

static void bits_print(FILE *out, const struct step_row *row)
{
    if (row->forward_bits == 0) {
        fputs("  float32", out);
    } else {
        fprintf(out, "  %d/%d bits", row->forward_bits, row->backward_bits);
    }
}

void progress_step(struct progress *p, const struct step_row *row)
{
    const double now = provenance_clock();
    const int64_t done = row->iteration + 1;
    const bool last = done == p->iterations;

    p->loss = isnan(p->loss) ? row->loss : loss_memory * p->loss + (1 - loss_memory) * row->loss;
    if (p->out == NULL || (now - p->shown < (p->terminal ? redraw_seconds : line_seconds) && !last)) return;
    p->shown = now;

    char left[32];
    const double rate = (double)(done - p->first) / fmax(now - p->started, 1e-9);
    progress_time(left, sizeof left, (double)(p->iterations - done) / rate);
    if (p->terminal) fputs("\r\033[K", p->out);
    fprintf(p->out, "%s ", p->label);
    if (p->terminal) bar_print(p->out, (double)done / (double)p->iterations);
    fprintf(p->out, "%lld/%lld  loss ", (long long)done, (long long)p->iterations);
    fprintf(p->out, fabs(p->loss) > loss_plain ? "%.5g" : "%.4f", p->loss);
    bits_print(p->out, row);
    fprintf(p->out, "  lr %g  %.1f it/s  %s left%s", row->lr, rate, left, p->terminal ? "" : "\n");
    p->drawn = p->terminal;
    fflush(p->out);
}

void progress_say(struct progress *p, const char *format, ...)
{
    va_list args;

    if (p->out == NULL) return;
    progress_end(p);
    va_start(args, format);
    vfprintf(p->out, format, args);
    va_end(args);
    fputc('\n', p->out);
    fflush(p->out);
}

void progress_end(struct progress *p)
{
    if (p->out == NULL || !p->drawn) return;
    fputs("\r\033[K", p->out);
    fflush(p->out);
    p->drawn = false;
}
