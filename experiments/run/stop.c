/* experiments/run/stop.c - the one variable that outlives a function: a signal handler can reach nothing
 * else. */
#include "experiments/run/stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t requested;

static void note(int signal)
{
    requested = signal;
}

void stop_listen(void)
{
    struct sigaction action = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND | SA_RESTART};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int stop_requested(void)
{
    return requested;
}
