// What Glibc's Swift module lacks. Constants and plain calls only: no policy, and no state but the signal pipe. What a process
// does that was forked and has no Swift any more is in csystem_jobs.h.
#ifndef OPSRUN_CSYSTEM_H
#define OPSRUN_CSYSTEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

/// One heap for all threads, which grows a mebibyte at a time and keeps sixteen that are free. Does nothing where the C library
/// is not glibc.
void csystem_share_heap(void);

/// accept4(2) with SOCK_NONBLOCK | SOCK_CLOEXEC; -1 and errno on failure.
int csystem_accept(int listener);

/// pidfd_open(2); -1 and errno on failure.
int csystem_pidfd_open(int pid);

/// pipe2(2) with O_CLOEXEC: `ends[0]` reads, `ends[1]` writes; -1 and errno on failure.
int csystem_pipe(int ends[2]);

/// A stream socket of `family`, non-blocking and closed on exec; -1 and errno on failure.
int csystem_stream_socket(int family);

/// A listening socket at a path of the file system, for its owner alone, closed on exec. -1 and errno on failure.
int csystem_local_listen(const char *path);

/// A connection to the socket at a path, closed on exec; its reads and writes block for so many seconds at most. -1 and errno
/// on failure.
int csystem_local_connect(const char *path, int seconds);

/// The next connection, which blocks as that of `csystem_local_connect` does. -1 and errno on failure.
int csystem_local_accept(int listener, int seconds);

/// The process at the other end of a connection of this machine, as the kernel knows it; 0 when it does not.
int csystem_peer_process(int descriptor);

/// Starts `path` in a session of its own: descriptors 0, 1 and 2 are `input`, `output` and `errors`, no other one is
/// open, no signal is blocked, SIGPIPE and the signals that opsrun handles have their default action, and the working
/// directory is `directory` (null: inherited). Returns 0 and the process id, or an errno.
int csystem_spawn(
    const char *path, char *const arguments[], char *const environment[], const char *directory, int input, int output,
    int errors, int *pid);

/// Whether the child `pid` has ended. 0: it runs. 1: it exited with `status`. 2: it was killed by signal `status`.
/// -1: errno. The zombie stays unless `reap` is non-zero, so that its process group id cannot be reused meanwhile.
int csystem_child_state(int pid, int reap, int *status);

/// Writes the number of `signal` as one byte to `descriptor` whenever it arrives (one descriptor for all signals).
/// Returns 0 or an errno.
int csystem_forward_signal(int signal, int descriptor);

/// Gives `signal` its default action again, or ignores it. Returns 0 or an errno.
int csystem_reset_signal(int signal, int ignore);

/// flock(2) without waiting; 0 or an errno (EWOULDBLOCK: another holds it).
int csystem_lock_file(int descriptor, int exclusive);

/// Gives `length` bytes of a file from `offset` on back to the file system; they read as zeros. 0 or an errno.
int csystem_punch_hole(int descriptor, int64_t offset, int64_t length);

/// Names the calling thread (15 bytes at most).
void csystem_name_thread(const char *name);

/// CRC-32C of `bytes`, going on from `crc` (0 at the start), with the processor's own instruction where it has one.
uint32_t csystem_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same from tables, eight bytes at a time.
uint32_t csystem_crc32c_table(uint32_t crc, const void *bytes, size_t count);

/// Whether `csystem_crc32c` uses an instruction (SSE 4.2, or the CRC extension of ARMv8).
int csystem_crc32c_has_hardware(void);

#include "csystem_http.h"
#include "csystem_jobs.h"

#endif
