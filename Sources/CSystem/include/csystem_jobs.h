// A process beside this one that starts programs, outlives this one, and keeps how each of them ended.
#ifndef OPSRUN_CSYSTEM_JOBS_H
#define OPSRUN_CSYSTEM_JOBS_H

#include <stddef.h>
#include <stdint.h>

/// Programs that one keeper has at a time, by the numbers 0 to this less one.
#define CSYSTEM_KEEPER_SLOTS 256

/// Room for one request: words and environment of a program. The kernel takes no more than this.
#define CSYSTEM_KEEPER_ROOM (8u << 20)

struct csystem_keeper {
    int pid;
    /// Non-blocking and closed on exec. The keeper goes on without it until its last program has ended, and then ends itself.
    int socket;
    /// Shared with the keeper; for `csystem_keeper_begin`, where one call may not follow the other before it is answered.
    void *room;
};

enum csystem_keeper_kind {
    /// `value`: the process, which leads a session and a group of its own.
    CSYSTEM_JOB_STARTED = 1,
    /// `value`: an errno. Nothing runs.
    CSYSTEM_JOB_NOT_STARTED = 2,
    /// PREFIX.begun is there already. Nothing runs.
    CSYSTEM_JOB_TAKEN = 3,
    /// `value`: the errno with which the files were not made. Nothing runs.
    CSYSTEM_JOB_NOT_KEPT = 4,
    /// `value`: the exit code, or the signal. The process stays a zombie, and its id its own, until `csystem_keeper_release`.
    CSYSTEM_JOB_EXITED = 5,
    CSYSTEM_JOB_KILLED = 6,
};

struct csystem_keeper_news {
    uint32_t kind;
    uint32_t slot;
    int32_t value;
};

/// Starts a keeper by fork(2): a process in a session of its own that has no descriptor but its socket, blocks all signals, and
/// touches nothing of this process but its own few variables. 0 or an errno. Takes as long as the kernel takes to copy the
/// tables of this process's memory.
int csystem_keeper_start(struct csystem_keeper *keeper);

/// Asks for a program. Answered by STARTED, and later EXITED or KILLED, or by one of the others alone.
///
/// The program's process makes PREFIX.begun exclusively before it becomes the program (`PID START BOOT KEEPER START`: both with
/// their start time in ticks since boot), and PREFIX.out and PREFIX.err, which it writes to; it reads PREFIX.in with `input`, else
/// /dev/null. It leads a session, with no signal blocked or ignored and no other descriptor. The keeper adds a second line to
/// PREFIX.begun: how it ended, as a shell says it; and takes PREFIX.out and PREFIX.err away where they are empty and nobody can
/// write to them any more. `directory` null: that of this process. 0 or an errno: it was not asked for.
int csystem_keeper_begin(
    const struct csystem_keeper *keeper, uint32_t slot, const char *prefix, const char *path,
    char *const arguments[], char *const environment[], const char *directory, int input);

/// The program of a slot is not asked about any more; the slot is free once it has ended. 0 or an errno.
int csystem_keeper_release(const struct csystem_keeper *keeper, uint32_t slot);

/// The next news. 1: there was some. 0: none now. -1: the keeper is gone.
int csystem_keeper_next(const struct csystem_keeper *keeper, struct csystem_keeper_news *news);

/// Gives up the socket and the room.
void csystem_keeper_close(struct csystem_keeper *keeper);

#endif
