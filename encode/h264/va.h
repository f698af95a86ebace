/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * va: a GPU that encodes H.264, by VA-API (libva, https://intel.github.io/libva), which is loaded at run
 * time. It is the first render node whose driver can. Drivers are opened when the first video begins and
 * closed after the last one, so a server that shows none has nothing of them in its memory. No folder but
 * this one includes it.
 */
#ifndef ZEROVNC_H264_VA_H
#define ZEROVNC_H264_VA_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <va/va.h>
#include <va/va_drm.h>

#include "capture/base/reason.h"

/* X(the name without "va"): what is called. */
#define VA_FUNCTIONS(X)                                                                                      \
	X(BeginPicture)                                                                                      \
	X(CreateBuffer)                                                                                      \
	X(CreateConfig)                                                                                      \
	X(CreateContext)                                                                                     \
	X(CreateImage)                                                                                       \
	X(CreateSurfaces)                                                                                    \
	X(DestroyBuffer)                                                                                     \
	X(DestroyConfig)                                                                                     \
	X(DestroyContext)                                                                                    \
	X(DestroyImage)                                                                                      \
	X(DestroySurfaces)                                                                                   \
	X(EndPicture)                                                                                        \
	X(ErrorStr)                                                                                          \
	X(GetConfigAttributes)                                                                               \
	X(Initialize)                                                                                        \
	X(MapBuffer)                                                                                         \
	X(MaxNumEntrypoints)                                                                                 \
	X(PutImage)                                                                                          \
	X(QueryConfigEntrypoints)                                                                            \
	X(QueryVendorString)                                                                                 \
	X(RenderPicture)                                                                                     \
	X(SetErrorCallback)                                                                                  \
	X(SetInfoCallback)                                                                                   \
	X(SyncSurface)                                                                                       \
	X(Terminate)                                                                                         \
	X(UnmapBuffer)

struct va_functions {
#define VA_MEMBER(name) __typeof__(va##name) *name;
	VA_FUNCTIONS(VA_MEMBER)
#undef VA_MEMBER
};

/* The GPU. va.c writes it, and nothing in it changes while somebody uses it. */
struct va {
	struct va_functions api;
	VADisplay display;
	VAEntrypoint entrypoint;
	bool processes;  /* it copies from framebuffers, too (VAEntrypointVideoProc), as it is told to */
	uint32_t packed; /* VA_ENC_PACKED_HEADER_*: headers that it takes from us */
	/* To be held for every call: not all drivers may be called by two threads at once. */
	pthread_mutex_t lock;
};

#define VA_PROFILE VAProfileH264ConstrainedBaseline

/* One more user of the GPU, which is opened if it is not open. NULL: there is none, or it failed less than a
 * minute ago. Any thread. */
struct va *va_use(void);
/* One user less. Any thread. */
void va_leave(void);

/* Surfaces of NV12 for pictures of this size. To be called with va->lock. */
VAStatus va_create_surfaces(
	struct va *va, unsigned width, unsigned height, VASurfaceID *surfaces, unsigned count);

/* Something failed that ought to have gone well: it is not used again for a minute. `what` is for people. Any
 * thread. */
void va_blame(const char *what, VAStatus status);

#endif
