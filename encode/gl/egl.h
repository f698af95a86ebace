/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * egl: an OpenGL ES context on the device that scans out.
 *
 * The display is the first of these that works:
 *   - GBM on a render node of the card that is opened for it alone,
 *   - GBM on the card node itself. If the renderer turns out to be software, it is always this one: Mesa's
 *     kms_swrast cannot map buffers through a render node and crashes at the first texture fetch,
 *   - the EGL device that has this card node, or any hardware device if there is no card,
 *   - a surfaceless display.
 *
 * The node is opened here and never shared with the capture: closing a GEM handle that PRIME gave to both
 * would free the buffer under Mesa.
 *
 * libEGL and libgbm are loaded at run time. Only one thread uses an egl, and its context stays current there.
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

/* What extensions add. NULL if the extension is missing. */
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

	/* What this display can do. If one is true, its entry points are not NULL. */
	bool dmabuf_import, dmabuf_modifiers, native_fence, wait_sync;
	/* A software renderer that is not on the card node crashes when it touches an import. */
	bool import_safe;
	bool software;
	bool ordinary;     /* as in egl_options */
	char platform[80]; /* for people: "GBM on /dev/dri/renderD128" */
	char message[256]; /* the driver's last message through KHR_debug; empty if there was none */

	EGLDisplay display;
	EGLContext context;
	EGLSurface surface; /* a small pbuffer if contexts need one, otherwise EGL_NO_SURFACE */
	int node_fd;        /* the node under `gbm`; -1 if there is none */
	void *gbm;          /* struct gbm_device; NULL if there is none */

#define EGL_MEMBER(name, type, ...) type name;
	EGL_CORE(EGL_MEMBER)
	EGL_LATER(EGL_MEMBER)
#undef EGL_MEMBER
};

struct egl_options {
	const char *card_node; /* "/dev/dri/cardN" of the scanout; NULL or empty for any device */
	int version;           /* the newest OpenGL ES to ask for: 20, 30, 31, 32 */
	bool ordinary;         /* ask for no priority over other programs */
};

/* Makes a context and makes it current. 0, or -errno with what is missing, and then nothing is left to
 * finish. */
int egl_init(struct egl *egl, const struct egl_options *options, struct reason *reason);
/* Everything that GL made in the context goes with it. An all-zero or finished egl may be finished, too. */
void egl_finish(struct egl *egl);

/* Makes the context current if it is not. 0 or -EIO. */
int egl_make_current(struct egl *egl);

/* Whether the context was lost (GPU reset), so that nothing in it is usable any more. */
bool egl_is_lost(struct egl *egl);

/*
 * A point in the stream of commands that can be waited for. If there are native fences, the wait sleeps in
 * poll(). Otherwise it makes bounded waits on a GL sync, or (OpenGL ES 2.0) calls glFinish.
 */
struct egl_fence {
	int fd;     /* -1 if there is none */
	void *sync; /* GLsync; NULL if there is none */
};

/* Inserts a fence after all commands so far, and flushes them. */
void egl_fence_insert(struct egl *egl, struct egl_fence *fence);
/* Waits for the fence and removes it. `usual_ns` is how long such waits of this caller usually took recently,
 * and is kept here; 0 at first. 0, -ETIMEDOUT, or -EIO. */
int egl_fence_wait(struct egl *egl, struct egl_fence *fence, uint64_t *usual_ns, int timeout_ms);
/* Removes the fence without waiting for it. */
void egl_fence_drop(struct egl *egl, struct egl_fence *fence);

/* Sleeps through most of the time that a wait usually takes, minus the kernel's own lateness. If `least_ns`
 * is not 0, it sleeps at least that long. */
void egl_nap(uint64_t usual_ns, uint64_t least_ns);

#endif
