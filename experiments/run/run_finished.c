/* experiments/run/run_finished.c - the result of a run that came to its end before, read out of its
 * record. */
#include "experiments/record/artifact.h"
#include "experiments/record/record.h"
#include "experiments/record/record_read.h"
#include "experiments/run/run.h"
#include "quant/try.h"

#include <string.h>

static enum status read_score(struct run_score *score, struct store *s, enum split split)
{
    struct eval_line last;
    bool found;

    TRY(record_read_evaluation(&last, &found, s, score->point.policy));
    if (!found)
        return status_fail(STATUS_INPUT, "%s: has no evaluation under '%s'", store_path(s),
                           score->point.policy);
    score->point.bits = last.bits;
    score->result = (struct evaluation){.split = split,
                                        .bits = last.bits,
                                        .loss = last.loss[split],
                                        .accuracy = last.accuracy[split],
                                        .count = last.count[split]};
    return STATUS_OK;
}

static enum status read_scores(struct run_result *out, struct store *s, const struct config *c)
{
    struct eval_point point[EVAL_POINTS];

    out->score_count =
        config_eval_points(point, c, c->train.forward.bits_max); /* the record knows the bits */
    for (int i = 0; i < out->score_count; i++) {
        out->score[i].point = point[i];
        TRY(read_score(&out->score[i], s, c->evaluate_split));
    }
    return STATUS_OK;
}

static enum status read_result(struct run_result *out, struct store *s, const struct config *c)
{
    TRY(store_get_integer(&out->iterations, s, "", "last_iter"));
    TRY(store_get_number(&out->bitops, s, RECORD_SUMMARY, "bitops"));
    TRY(store_get_number(&out->saving, s, RECORD_SUMMARY, "saving_vs_static"));
    TRY(store_get_text(out->state_sha256, sizeof out->state_sha256, s, RECORD_SUMMARY, "state_sha256"));
    TRY(store_get_number(&out->seconds, s, "provenance", "wall_seconds"));
    TRY(store_get_integer(&out->peak_memory_bytes, s, "provenance", "peak_memory_bytes"));
    TRY(store_get_integer(&out->max_rss_bytes, s, "provenance", "max_rss_bytes"));
    return read_scores(out, s, c);
}

static bool is_finished(const struct artifact *a, const struct config *c)
{
    char state[ARTIFACT_STATUS], now[DIGEST_SIZE], then[DIGEST_SIZE];

    config_hash(now, c);
    return a->kind == ARTIFACT_RUN && artifact_status(state, a) == STATUS_OK && strcmp(state, "done") == 0 &&
           store_get_text(then, sizeof then, a->store, "", "config_sha256") == STATUS_OK &&
           strcmp(now, then) == 0;
}

bool run_finished(struct run_result *out, const struct config *c, const char *dir)
{
    struct artifact a;

    *out = (struct run_result){0};
    if (!record_exists(dir)) return false;
    const bool finished = artifact_open(&a, dir) == STATUS_OK && is_finished(&a, c) &&
                          read_result(out, a.store, c) == STATUS_OK;
    artifact_close(&a);
    return finished;
}
