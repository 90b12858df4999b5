#include "csystem.h"

#include <pthread.h>
#include <string.h>
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

// CRC-32C (Castagnoli), bit-reflected.
#define POLYNOMIAL 0x82F63B78u

static uint32_t table[8][256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void fill_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
        table[0][byte] = crc;
    }
    for (int slice = 1; slice < 8; slice++) {
        for (int byte = 0; byte < 256; byte++) {
            uint32_t crc = table[slice - 1][byte];
            table[slice][byte] = crc >> 8 ^ table[0][crc & 0xFF];
        }
    }
}

uint32_t csystem_crc32c_table(uint32_t crc, const void *bytes, size_t count) {
    pthread_once(&table_once, fill_table);
    const unsigned char *next = bytes;
    crc = ~crc;
    while (count >= 8) {
        // Little-endian words whatever the machine is: the compiler turns this into plain loads where it can.
        uint32_t low = crc ^ ((uint32_t)next[0] | (uint32_t)next[1] << 8 | (uint32_t)next[2] << 16
                              | (uint32_t)next[3] << 24);
        crc = table[7][low & 0xFF] ^ table[6][low >> 8 & 0xFF] ^ table[5][low >> 16 & 0xFF] ^ table[4][low >> 24]
            ^ table[3][next[4]] ^ table[2][next[5]] ^ table[1][next[6]] ^ table[0][next[7]];
        next += 8;
        count -= 8;
    }
    while (count--) crc = crc >> 8 ^ table[0][(crc ^ *next++) & 0xFF];
    return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2")))
static uint32_t hardware(uint32_t crc, const unsigned char *next, size_t count) {
    uint64_t state = ~crc;
    for (; count >= 8; next += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        state = __builtin_ia32_crc32di(state, word);
    }
    uint32_t rest = (uint32_t)state;
    while (count--) rest = __builtin_ia32_crc32qi(rest, *next++);
    return ~rest;
}

int csystem_crc32c_has_hardware(void) {
    return __builtin_cpu_supports("sse4.2") != 0;
}

#elif defined(__aarch64__)

__attribute__((target("crc")))
static uint32_t hardware(uint32_t crc, const unsigned char *next, size_t count) {
    crc = ~crc;
    for (; count >= 8; next += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        crc = __builtin_arm_crc32cd(crc, word);
    }
    while (count--) crc = __builtin_arm_crc32cb(crc, *next++);
    return ~crc;
}

int csystem_crc32c_has_hardware(void) {
    // HWCAP_CRC32 of the kernel's <asm/hwcap.h>.
    return (getauxval(AT_HWCAP) & (1UL << 7)) != 0;
}

#else

static uint32_t hardware(uint32_t crc, const unsigned char *next, size_t count) {
    return csystem_crc32c_table(crc, next, count);
}

int csystem_crc32c_has_hardware(void) {
    return 0;
}

#endif

uint32_t csystem_crc32c(uint32_t crc, const void *bytes, size_t count) {
    return csystem_crc32c_has_hardware() ? hardware(crc, bytes, count) : csystem_crc32c_table(crc, bytes, count);
}
