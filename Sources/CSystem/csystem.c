#define _GNU_SOURCE
#include "csystem.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

void csystem_share_heap(void) {
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TOP_PAD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 16 << 20);
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
#endif
}

int csystem_accept(int listener) {
    return accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int csystem_pidfd_open(int pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

int csystem_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}

int csystem_stream_socket(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int local_address(const char *path, struct sockaddr_un *address) {
    size_t length = strlen(path);
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (length >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address->sun_path, path, length);
    return 0;
}

static int close_with(int descriptor, int code) {
    if (descriptor >= 0) close(descriptor);
    errno = code;
    return -1;
}

static int limit_waiting(int descriptor, int seconds) {
    struct timeval limit = {.tv_sec = seconds};
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit)
        || setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit))
        return close_with(descriptor, errno);
    return descriptor;
}

int csystem_local_listen(const char *path) {
    struct sockaddr_un address;
    if (local_address(path, &address)) return -1;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    // Before the socket has a name that others could connect to.
    if (fchmod(descriptor, 0600) || bind(descriptor, (struct sockaddr *)&address, sizeof address)
        || chmod(path, 0600) || listen(descriptor, 64))
        return close_with(descriptor, errno);
    return descriptor;
}

int csystem_local_connect(const char *path, int seconds) {
    struct sockaddr_un address;
    if (local_address(path, &address)) return -1;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || limit_waiting(descriptor, seconds) < 0) return -1;
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address)) return close_with(descriptor, errno);
    return descriptor;
}

int csystem_local_accept(int listener, int seconds) {
    int descriptor = accept4(listener, 0, 0, SOCK_CLOEXEC);
    return descriptor < 0 ? -1 : limit_waiting(descriptor, seconds);
}

int csystem_peer_process(int descriptor) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) ? 0 : peer.pid;
}

int csystem_spawn(
    const char *path, char *const arguments[], char *const environment[], const char *directory, int input, int output,
    int errors, int *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    int code = posix_spawn_file_actions_init(&actions);
    if (code) return code;
    code = posix_spawnattr_init(&attributes);
    if (code) {
        posix_spawn_file_actions_destroy(&actions);
        return code;
    }
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGTERM);
    sigaddset(&defaults, SIGQUIT);
    sigaddset(&defaults, SIGCHLD);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    code = posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!code) code = posix_spawn_file_actions_adddup2(&actions, input, 0);
    if (!code) code = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (!code) code = posix_spawn_file_actions_adddup2(&actions, errors, 2);
    if (!code) code = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    if (!code && directory) code = posix_spawn_file_actions_addchdir_np(&actions, directory);
    pid_t child = 0;
    if (!code) code = posix_spawn(&child, path, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    *pid = child;
    return code;
}

int csystem_child_state(int pid, int reap, int *status) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | (reap ? 0 : WNOWAIT)) != 0) return -1;
    if (info.si_pid == 0) return 0;
    *status = info.si_status;
    return info.si_code == CLD_EXITED ? 1 : 2;
}

static volatile int signal_pipe = -1;

static void forward(int signal) {
    int saved = errno;
    unsigned char byte = (unsigned char)signal;
    // A full pipe means that as many signals wait unread: losing one more loses nothing.
    if (write(signal_pipe, &byte, 1) < 0) errno = 0;
    errno = saved;
}

int csystem_forward_signal(int signal, int descriptor) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    signal_pipe = descriptor;
    action.sa_handler = forward;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    return sigaction(signal, &action, 0) == 0 ? 0 : errno;
}

int csystem_reset_signal(int signal, int ignore) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = ignore ? SIG_IGN : SIG_DFL;
    return sigaction(signal, &action, 0) == 0 ? 0 : errno;
}

int csystem_lock_file(int descriptor, int exclusive) {
    return flock(descriptor, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 ? 0 : errno;
}

int csystem_punch_hole(int descriptor, int64_t offset, int64_t length) {
    return fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length) ? errno : 0;
}

void csystem_name_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
}
