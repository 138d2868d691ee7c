/* experiments/run/stop.h - being asked to stop: a signal becomes a question that the loop asks. */
#ifndef EXPERIMENTS_RUN_STOP_H
#define EXPERIMENTS_RUN_STOP_H

/**
 * From now on the first signal that asks to stop is only noted; a second one of its kind ends the process at once. They
 * are SIGINT, SIGTERM, SIGHUP (the terminal is gone; under nohup it stays ignored), SIGUSR1 (batch systems, before they
 * kill) and SIGXCPU (the CPU time that ulimit -t gives is spent).
 */
void stop_listen(void);

/** The signal that asked, or 0. */
int stop_requested(void);

#endif
