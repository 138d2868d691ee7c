/* experiments/run/run.c - one run: configuration, data set, network, trainer, record. The loop is
 * run_loop. */
#include "experiments/run/run.h"

#include "energy/meter/bitops.h"
#include "experiments/record/artifact.h"
#include "experiments/record/checkpoint.h"
#include "experiments/run/pricing.h"
#include "experiments/run/progress.h"
#include "experiments/record/provenance.h"
#include "experiments/run/stop.h"
#include "quant/try.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

struct run {
    struct session session;
    const struct run_options *options;
    struct record *record;
    bool going_on; /* with an existing record */
    struct progress progress;
    struct work work; /* of the whole network, for the bit operations */
    struct pricing pricing;
    double started, saved; /* clock: begin, last checkpoint */
    int64_t evaluated;     /* iterations after which `score` was measured; -1: never */
    struct run_result *result;
};

/* --- beginning and going on --- */

static enum status open_record(struct run *r)
{
    const struct session *s = &r->session;
    const struct run_options *o = r->options;
    char hash[DIGEST_SIZE];
    char *resolved = config_text(&s->config);
    enum status status = resolved != NULL ? STATUS_OK : status_fail(STATUS_NOMEM, "out of memory");

    config_hash(hash, &s->config);
    const struct record_spec spec = {
        .dir = o->dir,
        .title = s->config.arm[0] != '\0' ? s->config.arm : s->config.name,
        .model = s->config.model,
        .config = {.resolved = resolved,
                   .user = o->user_text,
                   .overrides = o->overrides,
                   .override_count = o->override_count,
                   .sha256 = hash},
        .hardware = {.name = r->pricing.meter != NULL ? r->pricing.hardware.name : NULL,
                     .sha256 = r->pricing.sha256,
                     .text = r->pricing.text},
        .provenance = {.argv = o->argv,
                       .kernels = s->device->kernels,
                       .threads = s->device->threads,
                       .memory_bytes = (int64_t)graph_bytes(&s->graph),
                       .data = &s->data},
        .train = &s->config.train,
        .graph = &s->graph,
        .epoch_length = s->epoch_length,
    };
    if (status == STATUS_OK)
        status = r->going_on ? record_resume(&r->record, &spec) : record_open(&r->record, &spec, o->replace);
    free(resolved);
    return status;
}

/* Load the last checkpoint, and cut the record back to it. */
static enum status resume_from_checkpoint(struct run *r)
{
    struct checkpoint_source source;

    TRY(checkpoint_load(&source, &r->session.trainer, r->record));
    TRY(record_rewind(r->record, source.iteration, source.note));
    progress_say(&r->progress, "%s: resuming %s", r->options->dir,
                 source.loaded ? source.note : "from the beginning");
    return STATUS_OK;
}

static void introduce(struct run *r)
{
    struct session *s = &r->session;
    const char *label = s->config.arm[0] != '\0' ? s->config.arm : s->config.name;
    char roles[CONFIG_ROLES];

    progress_say(
        &r->progress,
        "%s: %s on %s, %lld images, %lld parameters; %lld iterations of %d; %s kernels, %d %s, %.0f MB",
        label, s->config.model, s->data.name, (long long)s->data.count[SPLIT_TRAIN],
        (long long)session_params(s), (long long)s->config.train.iterations, s->config.train.batch,
        s->device->kernels, s->device->threads, s->device->threads == 1 ? "thread" : "threads",
        (double)graph_bytes(&s->graph) / 1e6);
    config_roles(roles, &s->config);
    if (roles[0] != '\0') progress_say(&r->progress, "%s: roles %s", label, roles);
}

/* Before data are read: a damaged record has its own sentence. */
static enum status record_can_be_opened(const char *dir)
{
    struct artifact a;

    const enum status s = artifact_open(&a, dir);
    artifact_close(&a);
    return s;
}

static enum status run_open(struct run *r, const struct config *config, const struct run_options *o)
{
    r->going_on = o->resume && record_exists(o->dir);
    r->started = r->saved = provenance_clock();
    r->progress = progress_begin(o->quiet ? NULL : stderr, config->arm, 0, 0);
    if (r->going_on) TRY(record_can_be_opened(o->dir));
    TRY(session_open(&r->session, config, &o->machine));
    TRY(pricing_open(&r->pricing, &r->session.config, &r->session.graph));
    TRY(open_record(r));
    introduce(r);
    if (r->pricing.refusal[0] != '\0')
        progress_say(&r->progress, "%s: no energy is recorded, hardware %s: %s", o->dir,
                     r->pricing.hardware.name, r->pricing.refusal);
    if (r->going_on) TRY(resume_from_checkpoint(r));
    r->work = work_of_graph(&r->session.graph);
    r->progress = progress_begin(r->progress.out, config->arm[0] != '\0' ? config->arm : config->name,
                                 r->session.trainer.at, r->session.config.train.iterations);
    stop_listen();
    return STATUS_OK;
}

/* --- one iteration's worth of everything --- */

/* Is an event due after `done` iterations? The last iteration always is. */
static bool due(const struct run *r, const struct span *every, int64_t done)
{
    const int64_t period = span_iterations(every, r->session.epoch_length);
    return done == r->session.config.train.iterations || (period > 0 && done % period == 0);
}

static bool checkpoint_due(const struct run *r, int64_t done)
{
    const struct span *every = &r->session.config.checkpoint_every;
    if (every->unit == SPAN_SECONDS && every->amount > 0 && provenance_clock() - r->saved >= every->amount)
        return true;
    return due(r, every, done);
}

static enum status stopped(const struct run *r, const char *when)
{
    return status_fail(STATUS_INTERRUPTED,
                       "%s: stopped %s %lld of %lld iterations; the same command with --resume goes on",
                       r->options->dir, when, (long long)r->session.trainer.at,
                       (long long)r->session.config.train.iterations);
}

/* One evaluation, unless the run is asked to stop before its last batch. */
static enum status measure(struct evaluation *out, struct run *r, int bits)
{
    struct trainer *t = &r->session.trainer;

    *out = trainer_evaluation(t, r->session.config.evaluate_split, bits);
    while (trainer_evaluation_step(t, out))
        if (stop_requested() != 0) return stopped(r, "in an evaluation after");
    return STATUS_OK;
}

/* Measure every point that the configuration names; equal widths are measured once. */
static enum status evaluate(struct run *r, int current)
{
    struct trainer *t = &r->session.trainer;
    struct run_result *out = r->result;
    struct eval_point point[EVAL_POINTS];

    out->score_count = config_eval_points(point, &r->session.config, current);
    for (int i = 0; i < out->score_count; i++) {
        int same = 0;
        while (point[same].bits != point[i].bits)
            same++;
        out->score[i].point = point[i];
        if (same < i)
            out->score[i].result = out->score[same].result;
        else
            TRY(measure(&out->score[i].result, r, point[i].bits));
        TRY(record_evaluation(r->record, &out->score[i].result, t->at, point[i].policy));
    }
    r->evaluated = t->at;
    return record_flush(r->record);
}

/* Widths of two names can be equal: those of an arm in float32 all are. */
static bool said_already(const struct run_result *result, int i)
{
    for (int before = 0; before < i; before++)
        if (result->score[before].point.bits == result->score[i].point.bits) return true;
    return false;
}

static void report_scores(struct run *r)
{
    char text[512];
    size_t used = 0;

    for (int i = 0; i < r->result->score_count && used < sizeof text; i++) {
        const struct run_score *s = &r->result->score[i];
        char at[24] = "in float32";
        if (said_already(r->result, i)) continue;
        if (s->point.bits > 0) snprintf(at, sizeof at, "at %d bits", s->point.bits);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.2f %% %s", i > 0 ? ", " : "",
                                 100 * s->result.accuracy, at);
    }
    progress_say(&r->progress, "%s: after %lld iterations %s accuracy %s", r->progress.label,
                 (long long)r->evaluated, config_split_name(r->session.config.evaluate_split), text);
}

static enum status checkpoint(struct run *r)
{
    r->saved = provenance_clock();
    return checkpoint_save(r->record, &r->session.trainer);
}

static enum status record_step(struct run *r, const struct step_row *step)
{
    struct run_row row = {.step = *step};

    TRY(pricing_step(&r->pricing, &row, &r->session.graph));
    TRY(record_row(r->record, &row));
    if (due(r, &r->session.config.layers_every, step->iteration + 1))
        TRY(record_layers(r->record, &r->session.graph, step->iteration));
    progress_step(&r->progress, step);
    return STATUS_OK;
}

/* --- the run --- */

/* An evaluation that is due; a run that is stopped in it can go on from here. */
static enum status evaluate_due(struct run *r, int current)
{
    if (!due(r, &r->session.config.evaluate_every, r->session.trainer.at)) return STATUS_OK;
    const enum status s = evaluate(r, current);
    if (s == STATUS_INTERRUPTED) {
        TRY(checkpoint(r));
        return stopped(r, "in an evaluation after");
    }
    TRY(s);
    report_scores(r);
    return STATUS_OK;
}

/* Make up for the evaluation that the run was stopped in, if it was. */
static enum status catch_up(struct run *r)
{
    const int64_t at = r->session.trainer.at;
    struct eval_point point[EVAL_POINTS];

    if (at == 0) return STATUS_OK;
    const int current = record_forward_bits(r->record);
    const int count = config_eval_points(point, &r->session.config, current);
    return record_evaluated(r->record, point[count - 1].policy, at) ? STATUS_OK : evaluate_due(r, current);
}

static enum status run_loop(struct run *r)
{
    struct trainer *t = &r->session.trainer;
    const struct config *c = &r->session.config;
    struct step_row row;

    TRY(catch_up(r));
    while (t->at < c->train.iterations) {
        const enum status step = trainer_step(t, &row);
        TRY(record_step(r, &row));
        if (step != STATUS_OK) return step;
        TRY(evaluate_due(r, row.forward_bits));
        if (stop_requested() != 0 || checkpoint_due(r, t->at)) TRY(checkpoint(r));
        if (stop_requested() != 0 && t->at < c->train.iterations) return stopped(r, "after");
    }
    return STATUS_OK;
}

/* What the run would have cost at its largest widths throughout. */
static double static_bitops(const struct run *r)
{
    const struct train_spec *t = &r->session.config.train;
    const int64_t length = r->session.epoch_length, all = r->session.data.count[SPLIT_TRAIN];
    const int64_t of_epoch =
        length * t->batch < all ? length * t->batch : all; /* a smaller last batch, or none */
    const int64_t images = t->iterations / length * of_epoch + t->iterations % length * t->batch;

    return bitops_paper(&r->work, (double)images, t->forward.bits_max, t->backward.bits_max);
}

static enum status summarize_cost(struct run *r)
{
    const struct session *s = &r->session;
    double energy_j, latency_s, dram_bytes;
    struct cost static_cost;

    if (!record_cost(&energy_j, &latency_s, &dram_bytes, r->record) || r->pricing.meter == NULL)
        return STATUS_OK;
    TRY(pricing_static(&static_cost, &r->pricing, &s->config.train, s->epoch_length,
                       s->data.count[SPLIT_TRAIN]));
    TRY(record_summary_number(r->record, "energy_j", energy_j, "J"));
    TRY(record_summary_number(r->record, "latency_s", latency_s, "s"));
    TRY(record_summary_number(r->record, "dram_bytes", dram_bytes, "byte"));
    if (static_cost.energy_j > 0)
        TRY(record_summary_number(r->record, "energy_saving_vs_static", 1 - energy_j / static_cost.energy_j,
                                  "1"));
    if (static_cost.latency_s > 0)
        TRY(record_summary_number(r->record, "latency_saving_vs_static",
                                  1 - latency_s / static_cost.latency_s, "1"));
    return STATUS_OK;
}

static enum status summarize(struct run *r)
{
    struct run_result *out = r->result;

    if (r->evaluated < 0) TRY(evaluate(r, record_forward_bits(r->record)));
    out->iterations = r->session.trainer.at;
    out->bitops = record_bitops(r->record);
    out->saving = 1 - out->bitops / static_bitops(r);
    out->seconds = provenance_clock() - r->started;
    out->peak_memory_bytes = (int64_t)graph_bytes(&r->session.graph);
    out->max_rss_bytes = provenance_max_rss();
    trainer_hash(out->state_sha256, &r->session.trainer);
    for (int i = 0; i < out->score_count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s_acc_%s", config_split_name(out->score[i].result.split),
                 out->score[i].point.policy);
        TRY(record_summary_number(r->record, name, out->score[i].result.accuracy, "1"));
        snprintf(name, sizeof name, "bits_%s", out->score[i].point.policy);
        TRY(record_summary_number(r->record, name, out->score[i].point.bits, "bit"));
    }
    TRY(record_summary_number(r->record, "bitops", out->bitops, "1"));
    TRY(record_summary_number(r->record, "saving_vs_static", out->saving, "1"));
    TRY(summarize_cost(r));
    return record_summary_text(r->record, "state_sha256", out->state_sha256);
}

/* What made the run end early is an event of its record. */
static enum status note_end(struct run *r, enum status s)
{
    if (r->record == NULL || s == STATUS_OK) return s;
    char reason[1024];
    snprintf(reason, sizeof reason, "%s", status_detail());
    (void)!record_event(r->record, r->session.trainer.at, status_text(s), reason);
    return status_fail(s, "%s", reason);
}

enum status run_train(struct run_result *result, const struct config *config,
                      const struct run_options *options)
{
    struct run *r = calloc(1, sizeof *r);
    if (r == NULL) return status_fail(STATUS_NOMEM, "out of memory");
    *result = (struct run_result){0};
    r->options = options;
    r->result = result;
    r->evaluated = -1;

    enum status s = run_open(r, config, options);
    if (s == STATUS_OK) s = run_loop(r);
    if (s == STATUS_OK) s = summarize(r);
    s = note_end(r, s);
    progress_end(&r->progress);
    const enum status closed = record_close(&r->record, s);
    pricing_close(&r->pricing);
    session_close(&r->session);
    free(r);
    return s != STATUS_OK ? s : closed;
}
