// sync_loop COUNT FILE [REPLACED]: writes COUNT lines, each of them on the disk before the next one; and between two of them puts
// a new text in the place of REPLACED, durably. The least that a runner which survives its own death has to do for a step that
// starts no process: its intent shares a sync with the outcome before it.
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int replace(const char *path, int folder, int number) {
    char next[PATH_MAX], text[64];
    snprintf(next, sizeof next, "%s.next", path);
    int length = snprintf(text, sizeof text, "text %d\n", number % 2);
    int file = open(next, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || write(file, text, (size_t)length) != length || fsync(file) != 0 || close(file) != 0) return 0;
    return rename(next, path) == 0 && fsync(folder) == 0;
}

int main(int argc, char **argv) {
    if (argc < 3) return 64;
    int count = atoi(argv[1]), folder = -1;
    int file = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    if (file < 0) return 74;
    if (argc > 3) {
        char *copy = strdup(argv[3]);
        folder = open(dirname(copy), O_RDONLY | O_DIRECTORY);
        if (folder < 0) return 74;
    }
    for (int number = 0; number < count; number++) {
        char line[512];
        int length = snprintf(line, sizeof line, "{\"type\":\"outcome\",\"seq\":%d,\"next\":\"intent\",\"pad\":\"%0300d\"}\n", number, number);
        if (write(file, line, (size_t)length) != length || fdatasync(file) != 0) return 74;
        if (folder >= 0 && !replace(argv[3], folder, number)) return 74;
    }
    return 0;
}
