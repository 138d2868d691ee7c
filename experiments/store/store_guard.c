/* experiments/store/store_guard.c - looking at a file in a child process, before this one opens it.
 *
 * Files come from strangers, and HDF5 1.10 does not survive all of them: damage in its headers makes it read outside of
 * its memory, a group that contains itself makes it walk without end. A child walks through everything that the parent
 * may ask HDF5 for; what kills it, or takes it too long, becomes a sentence. It also finds what is readable and yet
 * no file of ours: links to other files, values in other files, groups too deep.
 *
 * The child does no more than HDF5 and malloc, which glibc makes safe after a fork beside threads. Where the system
 * lends no process the file is opened without the child.
 */
#include "experiments/store/store_hdf5.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_MOST = 60 };

/* What the child says. To add a finding: a row, and where it is found. */
#define FINDING_LIST(X)                                                                                      \
    X(FINE, "")                                                                                              \
    X(DEEP, "has groups inside each other deeper than a record or checkpoint has")                           \
    X(TWICE, "has a group that is in two places, or in itself")                                              \
    X(LINK, "has a link in it; files with links are not read, because they lead anywhere")                   \
    X(OUTSIDE, "has values that lie in another file; such files are not read")

enum finding {
#define X(name, text) FINDING_##name,
    FINDING_LIST(X)
#undef X
        FINDINGS
};

static const char *const finding_text[FINDINGS] = {
#define X(name, text) [FINDING_##name] = (text),
    FINDING_LIST(X)
#undef X
};

/* --- the walk ----------------------------------------------------------------------------------------- */

struct walk {
    struct store store; /* the file as the child has it open */
    enum finding finding;
};

/* What a parent asks of attributes; a failure is the parent's to tell. */
static void look_at_attributes(struct store *s, const char *path)
{
    struct store_names names;

    if (store_attributes(&names, s, path) != STATUS_OK) return;
    for (int i = 0; i < names.count; i++) {
        char *text;
        (void)!store_show_attribute(&text, s, path, names.name[i]);
        free(text);
    }
    store_names_free(&names);
}

static enum finding look_at_data(const struct store *s, const char *path)
{
    const hid_t data = H5Dopen2(s->file, path, H5P_DEFAULT);
    const hid_t properties = data >= 0 ? H5Dget_create_plist(data) : -1;
    const bool outside = properties >= 0 &&
                         (H5Pget_external_count(properties) > 0 || H5Pget_layout(properties) == H5D_VIRTUAL);

    if (properties >= 0) H5Pclose(properties);
    if (data >= 0 && !outside) (void)H5Dget_storage_size(data); /* goes through the index of its chunks */
    if (data >= 0) H5Dclose(data);
    return outside ? FINDING_OUTSIDE : FINDING_FINE;
}

static bool is_deep(const char *path)
{
    int depth = 0;

    for (; *path != '\0'; path++)
        depth += *path == '/';
    return depth >= STORE_DEPTH_MOST;
}

static herr_t look_at_object(hid_t root, const char *name, const H5O_info_t *info, void *context)
{
    struct walk *w = context;
    const char *path = strcmp(name, ".") == 0 ? "" : name;
    struct store_info seen;
    (void)root;

    if (is_deep(path)) w->finding = FINDING_DEEP;
    if (info->type == H5O_TYPE_GROUP && info->rc > 1) w->finding = FINDING_TWICE;
    if (w->finding != FINDING_FINE) return 1;
    (void)!store_look(&seen, &w->store, path);
    look_at_attributes(&w->store, path);
    if (info->type == H5O_TYPE_DATASET) w->finding = look_at_data(&w->store, path);
    return w->finding != FINDING_FINE;
}

static herr_t look_at_link(hid_t group, const char *name, const H5L_info_t *info, void *context)
{
    struct walk *w = context;
    (void)group;
    (void)name;

    if (info->type != H5L_TYPE_HARD) w->finding = FINDING_LINK;
    return w->finding != FINDING_FINE;
}

/* A file that HDF5 does not open is fine here: the parent says why it does not. */
static enum finding go_through(const struct store *s)
{
    struct walk w = {.store = {.path = s->path}};

    if (H5Fis_hdf5(s->path) <= 0) return FINDING_FINE;
    const hid_t access = store_access_properties(false);
    w.store.file = H5Fopen(s->path, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    if (w.store.file < 0) return FINDING_FINE;
    H5Lvisit(w.store.file, H5_INDEX_NAME, H5_ITER_INC, look_at_link, &w);
    if (w.finding == FINDING_FINE)
        H5Ovisit2(w.store.file, H5_INDEX_NAME, H5_ITER_INC, look_at_object, &w, H5O_INFO_BASIC);
    H5Fclose(w.store.file);
    return w.finding;
}

/* --- parent and child --------------------------------------------------------------------------------- */

/* Never returns. Nothing is printed, no core is left, no lock of the parent is held on to, and the alarm ends it wherever
 * it is. */
static void be_child(const struct store *s, int answer)
{
    sigset_t alarm_only;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    answer = dup2(answer, STDERR_FILENO + 1);
    close_range(STDERR_FILENO + 2, ~0u, 0);
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
    signal(SIGALRM, SIG_DFL);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
    alarm(SECONDS_MOST);
    const unsigned char finding = (unsigned char)go_through(s);
    _exit(write(answer, &finding, 1) == 1 ? 0 : 1);
}

/* FINDINGS: it died before it said anything. */
static enum finding listen(int answer)
{
    unsigned char finding = FINDINGS;

    while (read(answer, &finding, 1) < 0 && errno == EINTR)
        continue;
    return finding < FINDINGS ? (enum finding)finding : FINDINGS;
}

/* The signal that ended a child, 0 if none did or nobody knows. */
static int bury(pid_t child)
{
    int status = 0;

    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return 0; /* a parent that lets the system bury its children */
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static enum status tell(const struct store *s, enum finding finding, int signal)
{
    if (finding == FINDING_FINE) return STATUS_OK;
    if (finding < FINDINGS) return store_fail(STATUS_INPUT, s, NULL, "%s", finding_text[finding]);
    if (signal == SIGALRM)
        return store_fail(STATUS_INPUT, s, NULL,
                          "HDF5 is not done with it after %d s: it is damaged, or made so",
                          (int)SECONDS_MOST);
    return store_fail(STATUS_INPUT, s, NULL, "HDF5 crashes on it%s%s: it is damaged, or made so",
                      signal != 0 ? ", " : "", signal != 0 ? strsignal(signal) : "");
}

/* A fuzzer wants to see the crash itself. */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
static const bool guarded = false;
#else
static const bool guarded = true;
#endif

enum status store_guard(const struct store *s)
{
    int answer[2];

    if (!guarded || pipe2(answer, O_CLOEXEC) != 0) return STATUS_OK;
    const pid_t child = fork();
    if (child == 0) be_child(s, answer[1]);
    close(answer[1]);
    const enum finding finding = child > 0 ? listen(answer[0]) : FINDING_FINE;
    close(answer[0]);
    return tell(s, finding, child > 0 ? bury(child) : 0);
}
