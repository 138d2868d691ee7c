/* energy/backends/loopnest/loopnest_file.c - mappings from the text that Timeloop prints, so that its own
 * can be counted here. */
#include "energy/backends/loopnest/loopnest.h"
#include "quant/try.h"
#include "sim/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *path;
    FILE *file;
    char *text; /* of the current line, without its end */
    size_t room;
    int line, error;
};

/* What brackets say a level holds, to be compared when the loops are known; 0: they say nothing. */
struct claims {
    int64_t words[LOOPNEST_LEVELS][LOOPNEST_TENSORS];
    int line[LOOPNEST_LEVELS];
};

static bool next_line(struct reader *r)
{
    if (!text_line(&r->text, &r->room, &r->error, r->file, r->line == 0)) return false;
    r->line++;
    return true;
}

/* Go to the first line of a design: the one after "##### NAME", or the first that is not a title. */
static enum status find_design(struct reader *r, const char *design)
{
    while (next_line(r)) {
        const char *title = r->text + strspn(r->text, "# ");
        if (r->text[0] == '#' ? (!design || strcmp(title, design) == 0) && next_line(r) : !design)
            return STATUS_OK;
    }
    return status_fail(STATUS_INPUT, "%s: no mapping called %s; a line '##### %s' would begin it", r->path,
                       design ? design : "anything", design ? design : "NAME");
}

/* "shared_glb [ Inputs:9831 (9831) Outputs:6272 (6272) ]" */
static enum status read_level(struct loopnest_architecture *a, struct claims *c, const struct reader *r)
{
    char *open = strchr(r->text, '['), *save = NULL;
    const int name = (int)strcspn(r->text, " \t[");
    if (!open || !strchr(open, ']') || name == 0 || name >= LOOPNEST_NAME)
        return status_fail(STATUS_INPUT,
                           "%s:%d: '%s' is neither a level, NAME [ Weights:WORDS ... ], nor a loop", r->path,
                           r->line, r->text);
    if (a->levels == LOOPNEST_LEVELS)
        return status_fail(STATUS_INPUT, "%s:%d: more than %d levels", r->path, r->line, LOOPNEST_LEVELS);
    struct loopnest_level *l = &a->level[a->levels];
    c->line[a->levels] = r->line;
    memcpy(l->name, r->text, (size_t)name);
    for (char *word = strtok_r(open + 1, " \t]", &save); word; word = strtok_r(NULL, " \t]", &save)) {
        const size_t length = strcspn(word, ":");
        int t = 0;
        if (word[0] == '(') continue; /* how much of it is used: the same where nothing is sparse */
        while (t < LOOPNEST_TENSORS && (strlen(loopnest_tensor_name(t)) != length ||
                                        strncmp(loopnest_tensor_name(t), word, length) != 0))
            t++;
        if (t == LOOPNEST_TENSORS)
            return status_fail(STATUS_INPUT, "%s:%d: a level keeps Weights, Inputs or Outputs, not '%s'",
                               r->path, r->line, word);
        l->keeps[t] = true;
        if (word[length] == ':') c->words[a->levels][t] = strtoll(word + length + 1, NULL, 10);
    }
    a->levels++;
    return STATUS_OK;
}

/* "|   for Q in [0:14) (Spatial-X)" */
static enum status read_loop(struct loopnest_mapping *m, int level, const struct reader *r)
{
    char dimension, where[16] = "";
    int64_t trips;
    const char *text = r->text + strspn(r->text, "| \t");
    const int found = sscanf(text, "for %c in [0:%" SCNd64 ") (%15[^)])", &dimension, &trips, where);
    int d = 0;
    while (d < LOOP_DIMENSIONS && (found < 2 || loopnest_dimension_name(d)[0] != dimension))
        d++;
    const bool spatial = strncmp(where, "Spatial", 7) == 0;
    if (d == LOOP_DIMENSIONS || (where[0] && !spatial) || level < 0)
        return status_fail(
            STATUS_INPUT,
            "%s:%d: '%s' is not a loop of a level: for D in [0:TRIPS), D one of N C M P Q R S, "
            "(Spatial-X) or (Spatial-Y) after it if it is unrolled",
            r->path, r->line, text);
    if (m->loops == LOOPNEST_LOOPS)
        return status_fail(STATUS_INPUT, "%s:%d: more than %d loops", r->path, r->line, LOOPNEST_LOOPS);
    m->loop[m->loops++] = (struct loopnest_loop){level, (enum loopnest_dimension)d, trips, spatial};
    return STATUS_OK;
}

static enum status read_design(struct loopnest_architecture *a, struct loopnest_mapping *m, struct claims *c,
                               struct reader *r)
{
    do {
        const char *text = r->text + strspn(r->text, "| \t");
        if (text[0] == '#') break;
        if (strncmp(text, "<< Compute >>", 13) == 0) return STATUS_OK;
        if (text[0] == '\0' || text[strspn(text, "-")] == '\0') continue;
        if (strncmp(text, "for ", 4) == 0)
            TRY(read_loop(m, a->levels - 1, r));
        else
            TRY(read_level(a, c, r));
    } while (next_line(r));
    return status_fail(STATUS_INPUT, "%s:%d: the mapping ends without << Compute >>", r->path, r->line);
}

static enum status compare_claims(const struct loopnest_architecture *a, const struct loopnest_mapping *m,
                                  const struct loopnest_problem *p, const struct claims *c, const char *path)
{
    for (int level = 0; level < a->levels; level++)
        for (int t = 0; t < LOOPNEST_TENSORS; t++) {
            const double words = loopnest_tile(p, m, level, t);
            if (c->words[level][t] && (double)c->words[level][t] != words)
                return status_fail(STATUS_INPUT, "%s:%d: %s holds %.0f words of %s by its loops, not %lld",
                                   path, c->line[level], a->level[level].name, words, loopnest_tensor_name(t),
                                   (long long)c->words[level][t]);
        }
    return STATUS_OK;
}

enum status loopnest_read(struct loopnest_architecture *a, struct loopnest_mapping *m,
                          const struct loopnest_problem *p, const char *path, const char *design)
{
    struct reader r = {.path = path, .file = fopen(path, "r")};
    struct claims c = {0};
    struct loopnest_counts counts;
    if (!r.file) return status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
    *a = (struct loopnest_architecture){0};
    *m = (struct loopnest_mapping){0};
    enum status s = find_design(&r, design);
    if (s == STATUS_OK) s = read_design(a, m, &c, &r);
    if (r.error != 0) s = text_line_fault(path, r.line + 1, r.error);
    free(r.text);
    (void)fclose(r.file);
    TRY(s);
    s = loopnest_count(&counts, p, a, m);
    return s == STATUS_OK ? compare_claims(a, m, p, &c, path)
                          : status_fail(s, "%s: %s", path, status_detail());
}
