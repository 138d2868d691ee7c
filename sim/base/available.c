/* sim/base/available.c - memory that is left, as /proc and the control groups tell it. */
#include "sim/base/available.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The number behind `key` in a file of "key number" lines, or of one number if key is "". False: it has none, as "max". */
static bool number_of(uint64_t *out, const char *path, const char *key)
{
    char line[256];
    FILE *const file = fopen(path, "r");
    bool found = false;

    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        const size_t length = strlen(key);
        found = strncmp(line, key, length) == 0 && sscanf(line + length, " %" SCNu64, out) == 1;
    }
    if (file != NULL) fclose(file);
    return found;
}

/* Files of a control group. */
struct group_files {
    const char *folder, *limit, *used, *reclaimable; /* reclaimable: a key of memory.stat */
};

static const struct group_files version_1 = {"sys/fs/cgroup/memory", "memory.limit_in_bytes",
                                             "memory.usage_in_bytes", "total_inactive_file"};
static const struct group_files version_2 = {"sys/fs/cgroup", "memory.max", "memory.current",
                                             "inactive_file"};

/* What one group leaves: its limit without what is used, but for the cache, which it can give back. */
static uint64_t group_leaves(const char *root, const struct group_files *v, const char *group)
{
    char path[PATH_MAX];
    uint64_t limit, used, cache = 0;

    snprintf(path, sizeof path, "%s/%s%s/%s", root, v->folder, group, v->limit);
    if (!number_of(&limit, path, "")) return UINT64_MAX;
    snprintf(path, sizeof path, "%s/%s%s/%s", root, v->folder, group, v->used);
    if (!number_of(&used, path, "")) return UINT64_MAX;
    snprintf(path, sizeof path, "%s/%s%s/memory.stat", root, v->folder, group);
    if (!number_of(&cache, path, v->reclaimable)) cache = 0;
    used -= cache < used ? cache : used;
    return limit > used ? limit - used : 0;
}

/* The least that a group and those around it leave. */
static uint64_t groups_leave(const char *root, const struct group_files *v, char *group)
{
    uint64_t least = UINT64_MAX;

    for (;;) {
        const uint64_t left = group_leaves(root, v, strcmp(group, "/") == 0 ? "" : group);
        if (left < least) least = left;
        char *const slash = strrchr(group, '/');
        if (slash == NULL || group[0] == '\0') return least;
        *slash = '\0';
    }
}

/* The group of a line of /proc/self/cgroup: "0::/a/b" in version 2, "4:cpu,memory:/a/b" in version 1. */
static uint64_t line_leaves(const char *root, char *line)
{
    char *const controllers = strchr(line, ':');
    char *const group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;

    if (group == NULL) return UINT64_MAX;
    group[1 + strcspn(group + 1, "\n")] = '\0';
    if (strncmp(line, "0::", 3) == 0) return groups_leave(root, &version_2, group + 1);
    *group = '\0';
    return strstr(controllers, "memory") != NULL ? groups_leave(root, &version_1, group + 1) : UINT64_MAX;
}

uint64_t memory_available(const char *root)
{
    char path[PATH_MAX], line[PATH_MAX / 2];
    uint64_t least = UINT64_MAX, kilobytes;

    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    if (number_of(&kilobytes, path, "MemAvailable:")) least = kilobytes * 1024;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *const file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const uint64_t left = line_leaves(root, line);
        if (left < least) least = left;
    }
    if (file != NULL) fclose(file);
    return least;
}
