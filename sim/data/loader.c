/* sim/data/loader.c - one thread that makes the next batch in the buffer that nobody reads. */
#include "sim/data/loader.h"

#include <omp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFERS = 2, NONE = -1 };

struct loader {
    struct loader_spec spec;
    struct batch batch[BUFFERS];
    uint32_t *order; /* of order_epoch; the thread's own */
    int64_t order_epoch;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    int64_t wanted, made; /* iterations; the thread works while they differ */
    int filling;          /* the buffer of `made`; the other one is with the caller */
    bool stop;
};

int64_t loader_epoch_length(const struct loader_spec *s)
{
    const int64_t n = s->data->count[SPLIT_TRAIN], full = n / s->batch;
    return s->drop_last && full > 0 ? full : (n + s->batch - 1) / s->batch;
}

static size_t input_bytes(const struct loader_spec *s)
{
    return (size_t)s->batch * dataset_input_bytes(s->data);
}

static size_t target_bytes(const struct loader_spec *s)
{
    return (size_t)s->batch * (size_t)s->data->targets * sizeof(int);
}

static size_t bytes_of(const struct loader_spec *s)
{
    return BUFFERS * (input_bytes(s) + target_bytes(s)) +
           (size_t)s->data->count[SPLIT_TRAIN] * sizeof(uint32_t);
}

static void make_batch(struct loader *l, struct batch *b, int64_t iteration)
{
    const struct loader_spec *s = &l->spec;
    const int64_t length = loader_epoch_length(s), first = iteration % length * s->batch;
    const int64_t left = s->data->count[SPLIT_TRAIN] - first;

    b->n = (int)(left < s->batch ? left : s->batch);
    b->epoch = iteration / length;
    if (l->order_epoch != b->epoch) dataset_order(l->order, s->data, s->seed, (uint32_t)b->epoch);
    l->order_epoch = b->epoch;
    dataset_fetch(b, s->data, SPLIT_TRAIN, l->order + first,
                  &(struct augmentation){s->crop, s->flip, s->pad, s->seed, (uint32_t)b->epoch});
}

static void *work(void *loader)
{
    struct loader *l = loader;

    omp_set_num_threads(1); /* the others train */
    pthread_mutex_lock(&l->lock);
    while (!l->stop) {
        if (l->made == l->wanted) {
            pthread_cond_wait(&l->changed, &l->lock);
            continue;
        }
        const int64_t iteration = l->wanted;
        const int at = l->filling;
        pthread_mutex_unlock(&l->lock);
        make_batch(l, &l->batch[at], iteration);
        pthread_mutex_lock(&l->lock);
        l->made = iteration;
        pthread_cond_broadcast(&l->changed);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

static enum status start(struct loader *l)
{
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    sigset_t all, before; /* signals are for the thread that trains */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&l->thread, NULL, work, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0) return STATUS_OK;
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    return status_fail(STATUS_IO, "no thread for loading batches: %s", strerror(error));
}

static void release(struct loader *l)
{
    for (int i = 0; i < BUFFERS; i++) {
        free(l->batch[i].input);
        free(l->batch[i].target);
    }
    free(l->order);
    free(l);
}

enum status loader_open(struct loader **out, const struct loader_spec *spec)
{
    struct loader *l = calloc(1, sizeof *l);
    bool whole = true;

    *out = NULL;
    if (!l) return status_fail(STATUS_NOMEM, "no memory for loading batches");
    l->spec = *spec;
    l->order_epoch = l->wanted = l->made = NONE;
    l->order = malloc((size_t)spec->data->count[SPLIT_TRAIN] * sizeof *l->order);
    for (int i = 0; i < BUFFERS; i++) {
        l->batch[i].input = malloc(input_bytes(spec));
        l->batch[i].target = malloc(target_bytes(spec));
        whole = whole && l->batch[i].input && l->batch[i].target;
    }
    const enum status s = whole && l->order
                              ? start(l)
                              : status_fail(STATUS_NOMEM, "batches of %d examples need %.2f GiB", spec->batch,
                                            (double)bytes_of(spec) / (1 << 30));
    if (s == STATUS_OK)
        *out = l;
    else
        release(l);
    return s;
}

/* With the lock: want an iteration, and the thread at work on it. */
static void want(struct loader *l, int64_t iteration)
{
    l->wanted = iteration;
    pthread_cond_broadcast(&l->changed);
}

struct batch loader_batch(struct loader *l, int64_t iteration)
{
    pthread_mutex_lock(&l->lock);
    while (l->made != l->wanted)
        pthread_cond_wait(&l->changed, &l->lock);
    if (l->made != iteration) want(l, iteration); /* the first one, or the run went elsewhere */
    while (l->made != iteration)
        pthread_cond_wait(&l->changed, &l->lock);
    const struct batch b = l->batch[l->filling];
    l->filling = 1 - l->filling;
    if (iteration + 1 < l->spec.iterations)
        want(l, iteration + 1);
    else
        l->made = l->wanted = NONE; /* the buffer changes hands: asked again, it is made again */
    pthread_mutex_unlock(&l->lock);
    return b;
}

void loader_close(struct loader *l)
{
    if (!l) return;
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    release(l);
}
