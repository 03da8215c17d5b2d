/*
 * weft/version.h - the library's version, and how its public names are declared
 *
 * The only place that states the version: the build, the package files and the shared library's name all read it here.
 * weft_version() tells the version of the library that is running, WEFT_VERSION that of the headers that were compiled.
 *
 *     if (weft_version() < WEFT_VERSION)
 *         puts("this program was built for a newer weft");
 *
 *   Threads   any; lock-free
 *   Source    Semantic Versioning 2.0.0; while the major version is 0, a minor version may break the ABI
 */
#ifndef WEFT_VERSION_H
#define WEFT_VERSION_H

#define WEFT_VERSION_MAJOR 0
#define WEFT_VERSION_MINOR 1
#define WEFT_VERSION_PATCH 0

/* One number that grows with the version: 10203 for 1.2.3. */
#define WEFT_VERSION (WEFT_VERSION_MAJOR * 10000 + WEFT_VERSION_MINOR * 100 + WEFT_VERSION_PATCH)

#if defined(__GNUC__)
#define WEFT_API __attribute__((visibility("default")))
#else
#define WEFT_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Returns the running library's WEFT_VERSION. */
WEFT_API int weft_version(void);

#ifdef __cplusplus
}
#endif

#endif
