/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes that the compiler checks for us; the only place that spells GNU syntax. */
#ifndef HEALTHD_BASE_ATTR_H
#define HEALTHD_BASE_ATTR_H

#define PRINTF_LIKE(fmt_at, args_at) __attribute__((format(printf, fmt_at, args_at)))
#define MUST_USE __attribute__((warn_unused_result))
#define NO_RETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))

/* Defined when AddressSanitizer watches (gcc says so one way, clang another). */
#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif

/* A product of two 64-bit numbers. */
__extension__ typedef unsigned __int128 uint128;

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
/* The struct that holds this member. */
#define CONTAINER_OF(ptr, type, member) \
    ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
