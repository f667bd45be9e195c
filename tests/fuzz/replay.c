/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target without libFuzzer: every input of a corpus folder, then a fixed number of
 * mutations of each, the same ones every time. Reports as TAP. When the target dies, the input
 * is left as <program>.crash beside it. Never searches: that is `./dev fuzz`. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    INPUTS_MAX = 4096,
    INPUT_SIZE_MAX = 1 << 20,
    MUTATIONS_TOTAL = 20000,
    MUTATIONS_PER_INPUT = 1000,
    SECONDS_PER_INPUT = 10,
};

struct input {
    uint8_t *ptr;
    size_t len;
};

struct corpus {
    struct input inputs[INPUTS_MAX];
    size_t count;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

/* What the death callback, which takes no argument, has to know. */
static struct input running;
static char crash_path[4096];

static void save_running(void)
{
    FILE *file = fopen(crash_path, "wb");
    if (!file)
        return;
    fwrite(running.ptr, 1, running.len, file);
    fclose(file);
    fprintf(stderr, "replay: the input is in %s\n", crash_path);
}

static void run_one(struct input input)
{
    /* An exact copy, so that the sanitizer sees a read one byte past the end. */
    uint8_t *copy = malloc(input.len ? input.len : 1);
    if (!copy)
        abort();
    memcpy(copy, input.ptr, input.len);
    running = (struct input){copy, input.len};
    alarm(SECONDS_PER_INPUT);
    LLVMFuzzerTestOneInput(copy, input.len);
    alarm(0);
    free(copy);
}

static bool read_input(const char *path, struct input *ret_input)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    uint8_t *ptr = malloc(INPUT_SIZE_MAX);
    if (!ptr)
        abort();
    *ret_input = (struct input){ptr, fread(ptr, 1, INPUT_SIZE_MAX, file)};
    fclose(file);
    return true;
}

static bool read_corpus(const char *folder, struct corpus *corpus)
{
    struct dirent **entries;
    const int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_type != DT_DIR && corpus->count < INPUTS_MAX &&
            read_input(path, &corpus->inputs[corpus->count]))
            corpus->count++;
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return corpus->count > 0;
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void cut(struct input *input, size_t from, size_t len)
{
    if (len > input->len - from)
        len = input->len - from;
    memmove(input->ptr + from, input->ptr + from + len, input->len - from - len);
    input->len -= len;
}

static void insert(struct input *input, size_t at, const uint8_t *ptr, size_t len)
{
    if (len > INPUT_SIZE_MAX - input->len)
        return;
    memmove(input->ptr + at + len, input->ptr + at, input->len - at);
    memcpy(input->ptr + at, ptr, len);
    input->len += len;
}

/* Changes the input in place, in one of the ways that break parsers. */
static void mutate(struct input *input, const struct input *other, uint32_t *state)
{
    static const uint8_t telling[] = {0,   1,    '\n', '\r', '"', '\\', '{',  '}',
                                      '[', ':',  '-',  '$',  '%', '0',  '9',  0x7f,
                                      '/', 0x80, 0xc3, 0xed, ' ', '#',  0xff, '('};
    uint8_t piece[64];
    const size_t at = next_random(state) % (input->len + 1);
    size_t len = 1 + next_random(state) % sizeof(piece);
    switch (next_random(state) % 5) {
    case 0:
        cut(input, at, len);
        break;
    case 1:
        insert(input, at, &telling[next_random(state) % sizeof(telling)], 1);
        break;
    case 2:
        if (at < input->len)
            input->ptr[at] ^= (uint8_t)(1u << next_random(state) % 8);
        break;
    case 3:
        if (len > input->len - at)
            len = input->len - at;
        memcpy(piece, input->ptr + at, len);
        insert(input, next_random(state) % (input->len + 1), piece, len);
        break;
    default:
        if (len > other->len)
            len = other->len;
        insert(input, at, other->ptr + (other->len - len) / 2, len);
        break;
    }
}

static void run_mutations(const struct corpus *corpus)
{
    size_t rounds = MUTATIONS_TOTAL / corpus->count;
    if (rounds > MUTATIONS_PER_INPUT)
        rounds = MUTATIONS_PER_INPUT;
    uint32_t state = 2463534242u;
    struct input work = {malloc(INPUT_SIZE_MAX), 0};
    if (!work.ptr)
        abort();
    for (size_t i = 0; i < corpus->count; i++) {
        for (size_t round = 0; round < rounds; round++) {
            work.len = corpus->inputs[i].len;
            memcpy(work.ptr, corpus->inputs[i].ptr, work.len);
            for (uint32_t n = 1 + next_random(&state) % 4; n > 0; n--)
                mutate(&work, &corpus->inputs[next_random(&state) % corpus->count],
                       &state);
            run_one(work);
        }
    }
    free(work.ptr);
}

int main(int argc, char **argv)
{
    static struct corpus corpus;
    if (argc != 2 || !read_corpus(argv[1], &corpus)) {
        fprintf(stderr, "usage: %s CORPUS-FOLDER (with at least one input)\n", argv[0]);
        return 2;
    }
    snprintf(crash_path, sizeof(crash_path), "%s.crash", argv[0]);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(save_running);
    printf("1..2\n");
    for (size_t i = 0; i < corpus.count; i++)
        run_one(corpus.inputs[i]);
    printf("ok 1 - replays %zu inputs\n", corpus.count);
    run_mutations(&corpus);
    printf("ok 2 - survives mutations of them\n");
    for (size_t i = 0; i < corpus.count; i++)
        free(corpus.inputs[i].ptr);
    return 0;
}
