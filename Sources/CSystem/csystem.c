#define _GNU_SOURCE
#include "csystem.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int csystem_accept(int listener) {
    return accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int csystem_pidfd_open(int pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}
