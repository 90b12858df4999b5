// metadata_decode FILE ROUNDS: decodes the body of a Metadata v12 response into flat arrays, checking every length against
// what is left. Prints milliseconds a round; what Swift's reader is measured against.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    const uint8_t *at, *end;
    int bad;
} Reader;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static inline const uint8_t *take(Reader *reader, size_t count) {
    if ((size_t)(reader->end - reader->at) < count) {
        reader->bad = 1;
        return NULL;
    }
    const uint8_t *start = reader->at;
    reader->at += count;
    return start;
}

static int16_t int16(Reader *reader) {
    const uint8_t *p = take(reader, 2);
    return p ? (int16_t)(p[0] << 8 | p[1]) : 0;
}

static inline int32_t big(const uint8_t *p) {
    uint32_t value;
    memcpy(&value, p, 4);
    return (int32_t)__builtin_bswap32(value);
}

static int32_t int32(Reader *reader) {
    const uint8_t *p = take(reader, 4);
    return p ? big(p) : 0;
}

static inline uint32_t uvarint(Reader *reader) {
    if (reader->at < reader->end && *reader->at < 0x80) return *reader->at++;
    uint32_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
        const uint8_t *p = take(reader, 1);
        if (!p) return 0;
        value |= (uint32_t)(*p & 0x7f) << shift;
        if (!(*p & 0x80)) return value;
    }
    reader->bad = 1;
    return 0;
}

static void tags(Reader *reader) {
    for (uint32_t count = uvarint(reader); count > 0 && !reader->bad; count--) {
        uvarint(reader);
        take(reader, uvarint(reader));
    }
}

// Copies a compact string behind a terminator; null is empty.
static char *string(Reader *reader, char *into) {
    uint32_t length = uvarint(reader);
    const uint8_t *p = length > 1 ? take(reader, length - 1) : NULL;
    if (p) memcpy(into, p, length - 1), into += length - 1;
    *into++ = 0;
    return into;
}

typedef struct {
    int32_t index, leader, epoch;
    uint32_t lists[4];
    int16_t error;
} Partition;

int main(int argc, char **argv) {
    if (argc != 3) return 64;
    FILE *file = fopen(argv[1], "rb");
    if (!file) return 66;
    static uint8_t body[64 << 20];
    size_t length = fread(body, 1, sizeof body, file);
    for (int round = atoi(argv[2]); round > 0; round--) {
        double begin = now();
        Reader reader = {body, body + length, 0};
        // A partition takes at least 18 bytes on the wire, a node id 4: nothing here can outgrow its array.
        Partition *partitions = malloc(length / 18 * sizeof *partitions);
        int32_t *nodes = malloc(length);
        char *names = malloc(length), *name = names;
        size_t count = 0, filled = 0;
        int32(&reader);
        for (uint32_t left = uvarint(&reader); left > 1 && !reader.bad; left--) {
            int32(&reader);
            name = string(&reader, name);
            int32(&reader);
            name = string(&reader, name);
            tags(&reader);
        }
        name = string(&reader, name);
        int32(&reader);
        for (uint32_t topics = uvarint(&reader); topics > 1 && !reader.bad; topics--) {
            int16(&reader);
            name = string(&reader, name);
            take(&reader, 17);
            for (uint32_t left = uvarint(&reader); left > 1 && !reader.bad; left--) {
                // One check for the fixed part and one for each list, as a careful C programmer would write it.
                Partition *partition = &partitions[count++];
                const uint8_t *p = take(&reader, 14);
                if (!p) break;
                partition->error = (int16_t)(p[0] << 8 | p[1]);
                partition->index = big(p + 2);
                partition->leader = big(p + 6);
                partition->epoch = big(p + 10);
                partition->lists[0] = (uint32_t)filled;
                for (int list = 0; list < 3; list++) {
                    uint32_t ids = uvarint(&reader);
                    ids = ids > 1 ? ids - 1 : 0;
                    const uint8_t *at = take(&reader, (size_t)ids * 4);
                    if (!at) break;
                    for (uint32_t id = 0; id < ids; id++) nodes[filled++] = big(at + id * 4);
                    partition->lists[list + 1] = (uint32_t)filled;
                }
                tags(&reader);
            }
            int32(&reader);
            tags(&reader);
        }
        tags(&reader);
        if (reader.bad || reader.at != reader.end) return 65;
        printf("%.3f %zu\n", now() - begin, count);
        free(partitions);
        free(nodes);
        free(names);
    }
    return 0;
}
