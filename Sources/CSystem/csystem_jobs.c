#define _GNU_SOURCE
#include "csystem_jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// What lies in the shared room, and behind it the texts that it points to: the room has the same address on both sides.
struct request {
    char *prefix, *path, *directory;
    char **arguments, **environment;
    int input;
    // Said by the process that was to become the program.
    int kind, code;
};

struct order {
    uint32_t slot;
    uint32_t is_release;
};

// MARK: The keeper's side. It was forked from a process with threads: it calls nothing that allocates or locks.

enum state { FREE = 0, RUNNING, ENDED };

static struct slot {
    enum state state;
    int is_released;
    pid_t process;
    char prefix[PATH_MAX];
} slots[CSYSTEM_KEEPER_SLOTS];

static int running;
static int speaker;
static char boot[64];
static char self[64];

static size_t add(char *line, size_t length, size_t room, const char *text) {
    while (*text && length + 1 < room) line[length++] = *text++;
    line[length] = 0;
    return length;
}

static size_t add_number(char *line, size_t length, size_t room, unsigned long number) {
    char digits[24];
    size_t at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number && at);
    return add(line, length, room, digits + at);
}

static ssize_t read_text(const char *path, char *text, size_t room) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t count = read(file, text, room - 1);
    close(file);
    text[count < 0 ? 0 : count] = 0;
    return count;
}

// A field of /proc/self/stat from the third on, by its number in proc(5); the name before may hold anything.
static const char *stat_field(char *text, int number) {
    char *at = strrchr(text, ')');
    if (!at) return "0";
    for (int field = 2; field < number && at; field++) {
        at = strchr(at, ' ');
        if (at) at++;
    }
    return at ? at : "0";
}

// "PID START" of the calling process.
static size_t identify(char *line, size_t length, size_t room) {
    char text[1024];
    char start[32];
    size_t count = 0;
    if (read_text("/proc/self/stat", text, sizeof text) > 0) {
        const char *field = stat_field(text, 22);
        while (field[count] >= '0' && field[count] <= '9' && count + 1 < sizeof start) {
            start[count] = field[count];
            count++;
        }
    }
    start[count] = 0;
    length = add_number(line, length, room, (unsigned long)getpid());
    length = add(line, length, room, " ");
    return add(line, length, room, start);
}

// What `ps` shows, instead of the command line of the process that it came from.
static void rename_self(void) {
    static const char title[] = "opsrun: keeps what its programs leave";
    char text[1024];
    prctl(PR_SET_NAME, "opsrun-jobs");
    if (read_text("/proc/self/stat", text, sizeof text) <= 0) return;
    unsigned long begin = strtoul(stat_field(text, 48), 0, 10);
    unsigned long end = strtoul(stat_field(text, 49), 0, 10);
    if (!begin || end <= begin + 1 || end - begin > (1u << 20)) return;
    size_t room = end - begin;
    size_t length = sizeof title - 1 < room - 1 ? sizeof title - 1 : room - 1;
    memset((void *)begin, 0, room);
    memcpy((void *)begin, title, length);
}

static int path_of(char *path, const char *prefix, const char *ending) {
    size_t length = add(path, 0, PATH_MAX, prefix);
    return add(path, length, PATH_MAX, ending) < PATH_MAX - 1;
}

static int write_whole(const char *path, int flags, const char *text, size_t length) {
    int file = open(path, flags | O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return errno;
    ssize_t count = write(file, text, length);
    int code = count == (ssize_t)length ? 0 : count < 0 ? errno : ENOSPC;
    close(file);
    return code;
}

// Files of programs that said nothing, and that nobody has open any more: the next program gets them under its own names. Making
// a file and taking it away costs a file system far more than giving it another name.
#define SPARES 8
static char spares[SPARES][PATH_MAX];
static int spare_count, last_spare;

static int same_folder(const char *one, const char *other) {
    const char *end = strrchr(one, '/'), *ending = strrchr(other, '/');
    if (!end || !ending || end - one != ending - other) return 0;
    return memcmp(one, other, (size_t)(end - one)) == 0;
}

// Takes away what a program left empty. A lease to write is given only where no other descriptor of the file is open: what a
// program left running may still speak.
static void put_aside(const char *prefix, const char *ending) {
    char path[PATH_MAX];
    struct stat info;
    if (!path_of(path, prefix, ending) || spare_count == SPARES) return;
    const char *slash = strrchr(prefix, '/');
    int file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) return;
    if (slash && fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == 0 && info.st_nlink == 1
        && fcntl(file, F_SETLEASE, F_WRLCK) == 0) {
        char *spare = spares[spare_count];
        size_t length = (size_t)(slash - prefix);
        fcntl(file, F_SETLEASE, F_UNLCK);
        memcpy(spare, prefix, length);
        spare[length] = 0;
        length = add(spare, length, PATH_MAX, "/spare-");
        length = add_number(spare, length, PATH_MAX, (unsigned long)getpid());
        length = add(spare, length, PATH_MAX, "-");
        length = add_number(spare, length, PATH_MAX, (unsigned long)++last_spare);
        if (length < PATH_MAX - 1 && rename(path, spare) == 0) spare_count++;
    }
    close(file);
}

// A program's file of this name, where there is a spare one.
static void take_spare(const char *path) {
    if (!spare_count || !same_folder(path, spares[spare_count - 1])) {
        spare_count = 0;
        return;
    }
    rename(spares[--spare_count], path);
}

static int open_as(const char *path, int flags, int number) {
    int file = open(path, flags, 0600);
    if (file < 0) return errno;
    if (dup2(file, number) < 0) return errno;
    return 0;
}

static _Noreturn void give_up(struct request *request, int kind, int code) {
    request->kind = kind;
    request->code = code;
    _exit(127);
}

// In the process that becomes the program. It shares the memory of the keeper until then.
static _Noreturn void become(struct request *request) {
    char path[PATH_MAX], line[256];
    struct stat info;
    sigset_t none;
    setsid();
    size_t length = identify(line, 0, sizeof line);
    length = add(line, length, sizeof line, " ");
    length = add(line, length, sizeof line, boot);
    length = add(line, length, sizeof line, " ");
    length = add(line, length, sizeof line, self);
    length = add(line, length, sizeof line, "\n");
    path_of(path, request->prefix, ".begun");
    int code = write_whole(path, O_EXCL, line, length);
    // One without a word is of somebody whose disk was full.
    if (code == EEXIST && stat(path, &info) == 0 && info.st_size > 0) give_up(request, CSYSTEM_JOB_TAKEN, code);
    if (code == EEXIST) give_up(request, CSYSTEM_JOB_NOT_KEPT, ENOSPC);
    if (code) {
        unlink(path);
        give_up(request, CSYSTEM_JOB_NOT_KEPT, code);
    }
    path_of(path, request->prefix, ".out");
    take_spare(path);
    if (!code) code = open_as(path, O_WRONLY | O_CREAT | O_TRUNC, 1);
    path_of(path, request->prefix, ".err");
    take_spare(path);
    if (!code) code = open_as(path, O_WRONLY | O_CREAT | O_TRUNC, 2);
    path_of(path, request->prefix, ".in");
    if (!code) code = open_as(request->input ? path : "/dev/null", O_RDONLY, 0);
    if (!code && close_range(3, ~0u, 0)) code = errno;
    if (code) {
        // Nothing has run, and nothing will by this name's trace.
        path_of(path, request->prefix, ".begun");
        unlink(path);
        give_up(request, CSYSTEM_JOB_NOT_KEPT, code);
    }
    if (request->directory && chdir(request->directory)) give_up(request, CSYSTEM_JOB_NOT_STARTED, errno);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);
    execve(request->path, request->arguments, request->environment);
    give_up(request, CSYSTEM_JOB_NOT_STARTED, errno);
}

static void say(uint32_t kind, uint32_t slot, int32_t value) {
    struct csystem_keeper_news news = {kind, slot, value};
    if (speaker < 0) return;
    while (send(speaker, &news, sizeof news, MSG_NOSIGNAL) < 0 && errno == EINTR) continue;
}

static void keep_end(const struct slot *slot, int code) {
    char path[PATH_MAX], line[32];
    size_t length = add_number(line, 0, sizeof line, (unsigned long)code);
    length = add(line, length, sizeof line, "\n");
    if (!path_of(path, slot->prefix, ".begun")) return;
    int file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file < 0) return;
    while (write(file, line, length) < 0 && errno == EINTR) continue;
    close(file);
}

static void collect(struct slot *slot) {
    siginfo_t info;
    waitid(P_PID, (id_t)slot->process, &info, WEXITED | WNOHANG);
    slot->state = FREE;
}

static void start(struct request *request, uint32_t number) {
    struct slot *slot = &slots[number];
    size_t length = strlen(request->prefix);
    if (slot->state != FREE) return say(CSYSTEM_JOB_NOT_STARTED, number, EBUSY);
    if (length + sizeof ".begun" >= PATH_MAX) return say(CSYSTEM_JOB_NOT_KEPT, number, ENAMETOOLONG);
    memcpy(slot->prefix, request->prefix, length + 1);
    request->kind = 0;
    pid_t process = vfork();
    if (process == 0) become(request);
    if (process < 0) return say(CSYSTEM_JOB_NOT_STARTED, number, errno);
    slot->process = process;
    if (request->kind) {
        // Whoever finds the traces reads that it is over, in the words of a shell.
        if (request->kind == CSYSTEM_JOB_NOT_STARTED) keep_end(slot, request->code == ENOENT ? 127 : 126);
        siginfo_t info;
        waitid(P_PID, (id_t)process, &info, WEXITED);
        return say((uint32_t)request->kind, number, request->code);
    }
    slot->state = RUNNING;
    slot->is_released = 0;
    running++;
    say(CSYSTEM_JOB_STARTED, number, process);
}

static void look_at_all(void) {
    for (uint32_t number = 0; number < CSYSTEM_KEEPER_SLOTS && running; number++) {
        struct slot *slot = &slots[number];
        siginfo_t info;
        if (slot->state != RUNNING) continue;
        info.si_pid = 0;
        if (waitid(P_PID, (id_t)slot->process, &info, WEXITED | WNOHANG | WNOWAIT) || !info.si_pid) continue;
        int exited = info.si_code == CLD_EXITED;
        keep_end(slot, exited ? info.si_status : 128 + info.si_status);
        put_aside(slot->prefix, ".out");
        put_aside(slot->prefix, ".err");
        slot->state = ENDED;
        running--;
        say(exited ? CSYSTEM_JOB_EXITED : CSYSTEM_JOB_KILLED, number, info.si_status);
        if (slot->is_released || speaker < 0) collect(slot);
    }
}

// False when the other side is gone.
static int take_order(struct request *request) {
    struct order order;
    ssize_t count = recv(speaker, &order, sizeof order, MSG_DONTWAIT);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return 1;
    if (count != sizeof order || order.slot >= CSYSTEM_KEEPER_SLOTS) return 0;
    struct slot *slot = &slots[order.slot];
    if (!order.is_release) {
        start(request, order.slot);
    } else if (slot->state == ENDED) {
        collect(slot);
    } else {
        slot->is_released = 1;
    }
    return 1;
}

static _Noreturn void keep(int socket, struct request *request) {
    sigset_t children;
    struct sigaction standard;
    memset(&standard, 0, sizeof standard);
    standard.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &standard, 0);
    setsid();
    int null = open("/dev/null", O_RDWR);
    for (int number = 0; number < 3; number++) dup2(null, number);
    speaker = dup3(socket, socket == 3 ? 4 : 3, O_CLOEXEC);
    if (speaker == 4) speaker = dup3(4, 3, O_CLOEXEC);
    close_range(4, ~0u, 0);
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    int news = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    if (speaker != 3 || news < 0) _exit(1);
    rename_self();
    identify(self, 0, sizeof self);
    ssize_t count = read_text("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
    if (count > 0 && boot[count - 1] == '\n') boot[count - 1] = 0;
    memset(slots, 0, sizeof slots);
    running = 0;
    while (speaker >= 0 || running) {
        struct pollfd waits[2] = {{speaker, POLLIN, 0}, {news, POLLIN, 0}};
        if (poll(waits, 2, -1) < 0) continue;
        if (waits[1].revents) {
            struct signalfd_siginfo signals[8];
            while (read(news, signals, sizeof signals) > 0) continue;
            look_at_all();
        }
        if (speaker >= 0 && waits[0].revents && !take_order(request)) {
            close(speaker);
            speaker = -1;
            for (int number = 0; number < CSYSTEM_KEEPER_SLOTS; number++)
                if (slots[number].state == ENDED) collect(&slots[number]);
        }
    }
    _exit(0);
}

// MARK: The side of the process that has it

int csystem_keeper_start(struct csystem_keeper *keeper) {
    int ends[2];
    sigset_t all, before;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) return errno;
    void *room = mmap(0, CSYSTEM_KEEPER_ROOM, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) {
        int code = errno;
        close(ends[0]);
        close(ends[1]);
        return code;
    }
    // A handler of this process is not to run in the other.
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t process = fork();
    if (process == 0) keep(ends[1], room);
    int code = errno;
    pthread_sigmask(SIG_SETMASK, &before, 0);
    close(ends[1]);
    if (process < 0) {
        close(ends[0]);
        munmap(room, CSYSTEM_KEEPER_ROOM);
        return code;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    keeper->pid = process;
    keeper->socket = ends[0];
    keeper->room = room;
    return 0;
}

struct room {
    char *next, *end;
};

static void *take(struct room *room, size_t length, size_t alignment) {
    uintptr_t at = ((uintptr_t)room->next + alignment - 1) & ~(uintptr_t)(alignment - 1);
    if (length > (uintptr_t)room->end - at || at > (uintptr_t)room->end) return 0;
    room->next = (char *)at + length;
    return (void *)at;
}

static char *copy_text(struct room *room, const char *text) {
    size_t length = strlen(text) + 1;
    char *copy = take(room, length, 1);
    return copy ? memcpy(copy, text, length) : 0;
}

static char **copy_texts(struct room *room, char *const texts[]) {
    size_t count = 0;
    while (texts[count]) count++;
    char **copies = take(room, (count + 1) * sizeof *copies, sizeof *copies);
    if (!copies) return 0;
    for (size_t index = 0; index < count; index++)
        if (!(copies[index] = copy_text(room, texts[index]))) return 0;
    copies[count] = 0;
    return copies;
}

static int send_order(const struct csystem_keeper *keeper, uint32_t slot, uint32_t is_release) {
    struct order order = {slot, is_release};
    ssize_t count;
    do count = send(keeper->socket, &order, sizeof order, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    return count == sizeof order ? 0 : errno;
}

int csystem_keeper_begin(
    const struct csystem_keeper *keeper, uint32_t slot, const char *prefix, const char *path,
    char *const arguments[], char *const environment[], const char *directory, int input) {
    struct room room = {keeper->room, (char *)keeper->room + CSYSTEM_KEEPER_ROOM};
    struct request *request = take(&room, sizeof *request, sizeof(void *));
    memset(request, 0, sizeof *request);
    request->input = input;
    if (!(request->prefix = copy_text(&room, prefix)) || !(request->path = copy_text(&room, path))
        || !(request->arguments = copy_texts(&room, arguments))
        || !(request->environment = copy_texts(&room, environment)))
        return E2BIG;
    if (directory && !(request->directory = copy_text(&room, directory))) return E2BIG;
    return send_order(keeper, slot, 0);
}

int csystem_keeper_release(const struct csystem_keeper *keeper, uint32_t slot) { return send_order(keeper, slot, 1); }

int csystem_keeper_next(const struct csystem_keeper *keeper, struct csystem_keeper_news *news) {
    while (1) {
        ssize_t count = recv(keeper->socket, news, sizeof *news, MSG_DONTWAIT);
        if (count == sizeof *news) return 1;
        if (count < 0 && errno == EINTR) continue;
        return count < 0 && errno == EAGAIN ? 0 : -1;
    }
}

void csystem_keeper_close(struct csystem_keeper *keeper) {
    close(keeper->socket);
    munmap(keeper->room, CSYSTEM_KEEPER_ROOM);
    keeper->socket = -1;
}
