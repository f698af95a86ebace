/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * egl: an OpenGL ES context on the device that scans out.
 *
 * The display is, in this order: GBM on a private open of the card's render node; GBM on the card node itself
 * (always, if the renderer turns out to be software: Mesa's kms_swrast cannot map buffers through a render
 * node and dies at the first texture fetch); the EGL device that has this card node; with no card any
 * hardware device; at last a surfaceless display. The node is opened here, never shared with the capture:
 * closing a GEM handle that PRIME gave both would free the buffer under Mesa.
 *
 * libEGL and libgbm are loaded at run time. One thread uses an egl; its context stays current on that thread.
 */
#ifndef ZEROVNC_EGL_H
#define ZEROVNC_EGL_H

#include <stdbool.h>
#include <stdint.h>

#define EGL_NO_X11
#include <EGL/egl.h>
#include <EGL/eglext.h>

#include "encode/gl/gles.h"

/* X(name without "egl", type): what every EGL 1.4 has. */
#define EGL_CORE(X)                                                                                          \
	X(BindAPI, PFNEGLBINDAPIPROC)                                                                        \
	X(ChooseConfig, PFNEGLCHOOSECONFIGPROC)                                                              \
	X(CreateContext, PFNEGLCREATECONTEXTPROC)                                                            \
	X(CreatePbufferSurface, PFNEGLCREATEPBUFFERSURFACEPROC)                                              \
	X(DestroyContext, PFNEGLDESTROYCONTEXTPROC)                                                          \
	X(DestroySurface, PFNEGLDESTROYSURFACEPROC)                                                          \
	X(GetError, PFNEGLGETERRORPROC)                                                                      \
	X(Initialize, PFNEGLINITIALIZEPROC)                                                                  \
	X(MakeCurrent, PFNEGLMAKECURRENTPROC)                                                                \
	X(QueryString, PFNEGLQUERYSTRINGPROC)                                                                \
	X(Terminate, PFNEGLTERMINATEPROC)

/* What extensions add; NULL where there is none. */
#define EGL_LATER(X)                                                                                         \
	X(GetPlatformDisplay, PFNEGLGETPLATFORMDISPLAYEXTPROC, "eglGetPlatformDisplayEXT")                   \
	X(QueryDevices, PFNEGLQUERYDEVICESEXTPROC, "eglQueryDevicesEXT")                                     \
	X(QueryDeviceString, PFNEGLQUERYDEVICESTRINGEXTPROC, "eglQueryDeviceStringEXT")                      \
	X(CreateImage, PFNEGLCREATEIMAGEKHRPROC, "eglCreateImageKHR")                                        \
	X(DestroyImage, PFNEGLDESTROYIMAGEKHRPROC, "eglDestroyImageKHR")                                     \
	X(CreateSync, PFNEGLCREATESYNCKHRPROC, "eglCreateSyncKHR")                                           \
	X(DestroySync, PFNEGLDESTROYSYNCKHRPROC, "eglDestroySyncKHR")                                        \
	X(WaitSync, PFNEGLWAITSYNCKHRPROC, "eglWaitSyncKHR")                                                 \
	X(DupNativeFence, PFNEGLDUPNATIVEFENCEFDANDROIDPROC, "eglDupNativeFenceFDANDROID")

struct egl {
	struct gles gl;

	/* What this display can do; each true one's entry points are not NULL. */
	bool dmabuf_import, dmabuf_modifiers, native_fence, wait_sync;
	/* A software renderer that does not sit on the card node dies when it touches an import. */
	bool import_safe;
	bool software;
	char platform[80]; /* for people: "GBM on /dev/dri/renderD128" */
	char message[256]; /* the last thing the driver said through KHR_debug; empty: nothing */

	EGLDisplay display;
	EGLContext context;
	EGLSurface surface;     /* a small pbuffer where contexts need one, else EGL_NO_SURFACE */
	int node_fd;            /* under `gbm`; -1: none */
	void *gbm;              /* struct gbm_device; NULL: none */
	uint64_t usual_wait_ns; /* for a GL sync, of late */

#define EGL_MEMBER(name, type, ...) type name;
	EGL_CORE(EGL_MEMBER)
	EGL_LATER(EGL_MEMBER)
#undef EGL_MEMBER
};

struct egl_options {
	const char *card_node; /* "/dev/dri/cardN" of the scanout; NULL or empty: any device */
	int version;           /* the newest OpenGL ES to ask for: 20, 30, 31, 32 */
};

/* Makes a context and makes it current. 0 or -errno with what is missing; then nothing is left to finish. */
int egl_init(struct egl *egl, const struct egl_options *options, struct reason *reason);
/* Everything GL made in the context goes with it. Of an all-zero or finished egl: nothing. */
void egl_finish(struct egl *egl);

/* Makes the context current unless it is. 0 or -EIO. */
int egl_make_current(struct egl *egl);

/* Whether the context was lost (GPU reset): nothing in it is of use any more. */
bool egl_is_lost(struct egl *egl);

/*
 * A point in the stream of commands that can be waited for: on a native fence, asleep in poll(), where there
 * are; else in bounded waits on a GL sync; else (OpenGL ES 2.0) in glFinish.
 */
struct egl_fence {
	int fd;     /* -1: none */
	void *sync; /* GLsync; NULL: none */
};

/* After all that was asked of the GPU so far, which is sent on its way. */
void egl_fence_insert(struct egl *egl, struct egl_fence *fence);
/* Waits for the fence and removes it. 0, -ETIMEDOUT, or -EIO. */
int egl_fence_wait(struct egl *egl, struct egl_fence *fence, int timeout_ms);
/* Removes it unwaited. */
void egl_fence_drop(struct egl *egl, struct egl_fence *fence);

/* Sleeps through most of what a wait usually takes, less what the kernel is late by itself; at least for
 * `least_ns`, where that is not 0. */
void egl_nap(uint64_t usual_ns, uint64_t least_ns);

#endif
