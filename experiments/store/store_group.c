/* experiments/store/store_group.c - groups: is there one, make one, and what is in it. */
#include "experiments/store/store_hdf5.h"
#include "quant/try.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* --- groups ------------------------------------------------------------------------------------------- */

static bool is_root(const char *path)
{
    return path[strspn(path, "/")] == '\0';
}

/* H5Lexists fails if a parent is missing, so the path is walked from the left. */
static bool link_exists(const struct store *s, const char *path)
{
    char prefix[PATH_MAX];

    for (size_t i = 0; path[i] != '\0'; i++) {
        const bool end = path[i + 1] == '\0';
        if ((path[i + 1] != '/' && !end) || path[i] == '/') continue;
        if (i + 2 > sizeof prefix) return false;
        memcpy(prefix, path, i + 1);
        prefix[i + 1] = '\0';
        if (H5Lexists(s->file, prefix, H5P_DEFAULT) <= 0) return false;
    }
    return true;
}

static enum status make_group(struct store *s, const char *path)
{
    if (link_exists(s, path)) {
        H5O_info_t info;
        if (H5Oget_info_by_name2(s->file, path, &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0 ||
            info.type != H5O_TYPE_GROUP)
            return store_fail(STATUS_INPUT, s, path, "is not a group");
        return STATUS_OK;
    }
    const hid_t properties = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_obj_track_times(properties, false);
    H5Pset_link_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_attr_creation_order(properties, H5P_CRT_ORDER_TRACKED);
    const hid_t group = H5Gcreate2(s->file, path, H5P_DEFAULT, properties, H5P_DEFAULT);
    const enum status status = group >= 0 ? STATUS_OK : store_fail_call(STATUS_IO, s, path, "make the group");
    H5Pclose(properties);
    if (group >= 0) H5Gclose(group);
    return status;
}

enum status store_parents(struct store *s, const char *path)
{
    char prefix[PATH_MAX];

    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        const size_t length = (size_t)(slash - path);
        if (length == 0) continue;
        if (length >= sizeof prefix) return store_fail(STATUS_INPUT, s, path, "the path is too long");
        memcpy(prefix, path, length);
        prefix[length] = '\0';
        TRY(make_group(s, prefix));
    }
    return STATUS_OK;
}

enum status store_group(struct store *s, const char *path)
{
    if (is_root(path)) return STATUS_OK;
    TRY(store_parents(s, path));
    return make_group(s, path);
}

bool store_has(struct store *s, const char *path)
{
    return is_root(path) || link_exists(s, path);
}

/* --- names -------------------------------------------------------------------------------------------- */

static bool in_creation_order(hid_t group)
{
    unsigned order = 0;
    const hid_t properties = H5Gget_create_plist(group);

    H5Pget_link_creation_order(properties, &order);
    H5Pclose(properties);
    return (order & H5P_CRT_ORDER_TRACKED) != 0;
}

enum status store_members(struct store_names *out, struct store *s, const char *path)
{
    H5G_info_t info;

    *out = (struct store_names){0};
    if (!store_has(s, path)) return store_fail(STATUS_INPUT, s, path, "there is no such group");
    const hid_t group = H5Gopen2(s->file, store_object(path), H5P_DEFAULT);
    if (group < 0 || H5Gget_info(group, &info) < 0) {
        const enum status status = store_fail_call(STATUS_INPUT, s, path, "open the group");
        if (group >= 0) H5Gclose(group);
        return status;
    }
    out->name = calloc(info.nlinks + 1, sizeof *out->name);
    const H5_index_t index = in_creation_order(group) ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
    for (hsize_t i = 0; out->name != NULL && i < info.nlinks; i++)
        out->count += H5Lget_name_by_idx(group, ".", index, H5_ITER_INC, i, out->name[i], STORE_NAME_MAX,
                                         H5P_DEFAULT) > 0;
    H5Gclose(group);
    if (out->name == NULL)
        return store_fail(STATUS_NOMEM, s, path, "no memory for its %d members", out->count);
    if ((hsize_t)out->count != info.nlinks) {
        store_names_free(out);
        return store_fail_call(STATUS_INPUT, s, path, "read the names in the group");
    }
    return STATUS_OK;
}

void store_names_free(struct store_names *names)
{
    free(names->name);
    *names = (struct store_names){0};
}
