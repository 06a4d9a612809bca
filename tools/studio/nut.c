/* Writes NUT. A packet is its startcode (64 bits), the number of bytes that follow, its fields, and a CRC-32 of the fields. */
#include "nut.h"

#include <string.h>

#define MAIN_START UINT64_C(0x4e4d7a561f5f04ad)
#define STREAM_START UINT64_C(0x4e5311405bf2f9db)
#define SYNC_START UINT64_C(0x4e4be4adeeca4569)

enum { VERSION = 3, MAX_DISTANCE = 65536, KEY = 1, CODED_PTS = 8, SIZE_MSB = 32, CHECKSUM = 64, INVALID = 8192 };

typedef struct bytes {
    uint8_t at[NUT_HEAD_ROOM];
    size_t size;
} bytes;

static void put_byte(bytes *b, unsigned value) {
    b->at[b->size++] = (uint8_t)value;
}

/* A number in groups of seven bits, the highest first; all but the last have the eighth bit set. */
static void put_number(bytes *b, uint64_t value) {
    int groups = 1;
    while (groups < 10 && value >> 7 * groups) groups++;
    while (--groups > 0) put_byte(b, 128 | (value >> 7 * groups & 127));
    put_byte(b, value & 127);
}

static void put_big_endian(bytes *b, uint64_t value, int size) {
    while (size-- > 0) put_byte(b, value >> 8 * size & 255);
}

/* CRC-32 with the polynomial 0x04c11db7, the highest bit first, from 0. */
static uint32_t checksum(const uint8_t *at, size_t size) {
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i++) {
        sum ^= (uint32_t)at[i] << 24;
        for (int bit = 0; bit < 8; bit++) sum = sum << 1 ^ (sum >> 31 ? UINT32_C(0x04c11db7) : 0);
    }
    return sum;
}

static void put_packet(bytes *to, uint64_t start, const bytes *fields) {
    put_big_endian(to, start, 8);
    put_number(to, fields->size + 4);
    memcpy(to->at + to->size, fields->at, fields->size);
    to->size += fields->size;
    put_big_endian(to, checksum(fields->at, fields->size), 4);
}

/* A row of the table of frame codes, for `count` codes. */
static void put_codes(bytes *b, unsigned flags, unsigned count) {
    put_number(b, flags);
    put_number(b, 6);           /* fields that follow */
    put_number(b, 0);           /* pts delta */
    put_number(b, 1);           /* sizes are multiples of this */
    put_number(b, 0);           /* stream */
    put_number(b, 0);           /* size */
    put_number(b, 0);           /* reserved fields */
    put_number(b, count);
}

size_t nut_head(uint8_t to[NUT_HEAD_ROOM], int width, int height, int fps) {
    static const char id[] = "nut/multimedia container";
    bytes all = {.size = sizeof id}, main = {0}, stream = {0};
    memcpy(all.at, id, sizeof id);
    put_number(&main, VERSION);
    put_number(&main, 1);       /* streams */
    put_number(&main, MAX_DISTANCE);
    put_number(&main, 1);       /* time bases: 1/fps */
    put_number(&main, 1);
    put_number(&main, (uint64_t)fps);
    put_codes(&main, KEY | CODED_PTS | SIZE_MSB | CHECKSUM, 1);
    put_codes(&main, INVALID, 254);         /* all others but 'N', which begins packets */
    put_number(&main, 0);       /* elision headers */
    put_packet(&all, MAIN_START, &main);
    put_number(&stream, 0);     /* its number */
    put_number(&stream, 0);     /* video */
    put_number(&stream, 4);
    for (size_t i = 0; i < 4; i++) put_byte(&stream, (unsigned)"RGB\x18"[i]);
    put_number(&stream, 0);     /* time base */
    put_number(&stream, 0);     /* every pts is whole */
    put_number(&stream, 1);     /* from frame to frame without a checksum */
    put_number(&stream, 0);     /* frames are in order */
    put_number(&stream, 0);     /* flags */
    put_number(&stream, 0);     /* codec data */
    put_number(&stream, (uint64_t)width);
    put_number(&stream, (uint64_t)height);
    put_number(&stream, 1);     /* square pixels */
    put_number(&stream, 1);
    put_number(&stream, 0);     /* colour space */
    put_packet(&all, STREAM_START, &stream);
    memcpy(to, all.at, all.size);
    return all.size;
}

size_t nut_frame(uint8_t to[NUT_FRAME_ROOM], uint64_t number, size_t size) {
    bytes all = {0}, sync = {0};
    size_t head;
    put_number(&sync, number);
    put_number(&sync, 0);       /* the key frame is this one */
    put_packet(&all, SYNC_START, &sync);
    head = all.size;
    put_byte(&all, 0);          /* frame code */
    put_number(&all, number + 1);
    put_number(&all, size);
    put_big_endian(&all, checksum(all.at + head, all.size - head), 4);
    memcpy(to, all.at, all.size);
    return all.size;
}
