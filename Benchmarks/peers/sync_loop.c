// sync_loop COUNT FILE: writes COUNT lines, each of them on the disk before the next one. The least that a runner which survives
// its own death has to do for a step that starts no process: its intent shares a sync with the outcome before it.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 3) return 64;
    int count = atoi(argv[1]);
    int file = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    if (file < 0) return 74;
    for (int number = 0; number < count; number++) {
        char line[512];
        int length = snprintf(line, sizeof line, "{\"type\":\"outcome\",\"seq\":%d,\"next\":\"intent\",\"pad\":\"%0300d\"}\n", number, number);
        if (write(file, line, (size_t)length) != length || fdatasync(file) != 0) return 74;
    }
    return 0;
}
