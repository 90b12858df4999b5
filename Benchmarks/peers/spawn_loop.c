// spawn_loop COUNT FILE: runs /bin/true COUNT times, each between two durable lines in FILE. The least that a runner which
// survives its own death has to do for a step: an intent that is on disk before it, an outcome that is on disk after it.
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int durable(int file, const char *kind, int number) {
    char line[256];
    int length = snprintf(line, sizeof line, "{\"type\":\"%s\",\"seq\":%d,\"command\":[\"/bin/true\"]}\n", kind, number);
    return write(file, line, (size_t)length) == length && fdatasync(file) == 0;
}

int main(int argc, char **argv) {
    if (argc != 3) return 64;
    int count = atoi(argv[1]);
    int file = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    if (file < 0) return 74;
    char *command[] = {"/bin/true", NULL};
    for (int number = 0; number < count; number++) {
        pid_t child;
        int status;
        if (!durable(file, "intent", number)) return 74;
        if (posix_spawn(&child, command[0], NULL, NULL, command, environ) != 0) return 1;
        if (waitpid(child, &status, 0) != child || status != 0) return 1;
        if (!durable(file, "outcome", number)) return 74;
    }
    return 0;
}
