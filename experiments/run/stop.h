/* experiments/run/stop.h - being asked to stop: SIGINT and SIGTERM become a question that the loop asks. */
#ifndef EXPERIMENTS_RUN_STOP_H
#define EXPERIMENTS_RUN_STOP_H

/** From now on the first SIGINT or SIGTERM is only noted; a second one ends the process at once. */
void stop_listen(void);

/** The signal that asked, or 0. */
int stop_requested(void);

#endif
