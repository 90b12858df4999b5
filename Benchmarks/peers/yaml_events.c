// yaml_events FILE ROUNDS: libyaml's own event loop over FILE, and nothing else. Prints milliseconds a round.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <yaml.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
    if (argc != 3) return 64;
    FILE *file = fopen(argv[1], "rb");
    if (!file) return 66;
    static unsigned char text[4 << 20];
    size_t length = fread(text, 1, sizeof text, file);
    for (int round = atoi(argv[2]); round > 0; round--) {
        double begin = now();
        yaml_parser_t parser;
        yaml_event_t event;
        int more = 1;
        yaml_parser_initialize(&parser);
        yaml_parser_set_input_string(&parser, text, length);
        while (more) {
            if (!yaml_parser_parse(&parser, &event)) return 65;
            more = event.type != YAML_STREAM_END_EVENT;
            yaml_event_delete(&event);
        }
        yaml_parser_delete(&parser);
        printf("%.3f\n", now() - begin);
    }
    return 0;
}
