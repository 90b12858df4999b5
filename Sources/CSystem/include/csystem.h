// What Glibc's Swift module lacks. Constants and plain calls only: no state, no policy.
#ifndef OPSRUN_CSYSTEM_H
#define OPSRUN_CSYSTEM_H

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

/// accept4(2) with SOCK_NONBLOCK | SOCK_CLOEXEC; -1 and errno on failure.
int csystem_accept(int listener);

/// pidfd_open(2); -1 and errno on failure.
int csystem_pidfd_open(int pid);

#endif
