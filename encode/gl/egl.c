/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/gl/egl.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xf86drm.h>

#include "capture/base/array.h"
#include "capture/base/clock.h"
#include "capture/base/utf8.h"
#include "encode/gl/extension.h"

#ifndef EGL_DRM_RENDER_NODE_FILE_EXT
#define EGL_DRM_RENDER_NODE_FILE_EXT 0x3377
#endif

/* Only two entry points of libgbm are used, so its header is not needed. */
struct gbm_library {
	void *(*create_device)(int fd);
	void (*device_destroy)(void *device);
};

/* These are loaded once and never unloaded, because drivers leave threads and thread-local data behind. */
static void *library_egl, *library_gles, *library_gbm;

/* The egl whose context is current on this thread. Only this file changes that. */
static _Thread_local const struct egl *current;

static gles_function lookup_gl(const char *name) {
	gles_function (*get)(const char *) =
		(gles_function(*)(const char *))dlsym(library_egl, "eglGetProcAddress");
	gles_function function = get ? get(name) : NULL;
	/* Before EGL 1.5 eglGetProcAddress need not know core functions. */
	return function || !library_gles ? function : (gles_function)dlsym(library_gles, name);
}

static int load_libraries(struct egl *egl, struct reason *reason) {
	if (!library_egl)
		library_egl = dlopen("libEGL.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!library_egl)
		return reason_set(reason, -ENOSYS,
			"no OpenGL here: %s (install libegl1 and the GPU's driver)", dlerror());
	if (!library_gles)
		library_gles = dlopen("libGLESv2.so.2", RTLD_NOW | RTLD_LOCAL);
#define LOAD(name, type)                                                                                     \
	if (!(egl->name = (type)dlsym(library_egl, "egl" #name)))                                            \
		return reason_set(reason, -ENOSYS, "libEGL.so.1 has no egl" #name);
	EGL_CORE(LOAD)
#undef LOAD
#define LOAD(name, type, symbol) egl->name = (type)lookup_gl(symbol);
	EGL_LATER(LOAD)
#undef LOAD
	return 0;
}

static bool load_gbm(struct gbm_library *gbm) {
	if (!library_gbm)
		library_gbm = dlopen("libgbm.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!library_gbm)
		return false;
	gbm->create_device = (void *(*)(int))dlsym(library_gbm, "gbm_create_device");
	gbm->device_destroy = (void (*)(void *))dlsym(library_gbm, "gbm_device_destroy");
	return gbm->create_device && gbm->device_destroy;
}

static bool client_has(struct egl *egl, const char *extension) {
	return extension_is_listed(egl->QueryString(EGL_NO_DISPLAY, EGL_EXTENSIONS), extension);
}

static bool display_has(struct egl *egl, const char *extension) {
	return extension_is_listed(egl->QueryString(egl->display, EGL_EXTENSIONS), extension);
}

static void GL_APIENTRY on_message(GLenum source, GLenum type, GLuint id, GLenum severity, GLsizei length,
	const GLchar *message, const void *data) {
	(void)source;
	(void)id;
	(void)length;
	struct egl *egl = (struct egl *)data;
	if (severity == GL_DEBUG_SEVERITY_HIGH_KHR || type == GL_DEBUG_TYPE_ERROR_KHR)
		utf8_copy(egl->message, sizeof egl->message, message);
}

/* --- context --- */

/* What a context is better with. */
enum {
	PREFERRED = 1, /* its work goes before that of other programs, which may take tens of milliseconds */
	ROBUST = 2,    /* it says so if it was lost */
};

static EGLContext create_context(struct egl *egl, EGLConfig config, int version, int wishes) {
	EGLint attributes[16];
	int n = 0;
	attributes[n++] = EGL_CONTEXT_MAJOR_VERSION_KHR;
	attributes[n++] = version / 10;
	if (version % 10) {
		attributes[n++] = EGL_CONTEXT_MINOR_VERSION_KHR;
		attributes[n++] = version % 10;
	}
	if (wishes & PREFERRED) {
		attributes[n++] = EGL_CONTEXT_PRIORITY_LEVEL_IMG;
		attributes[n++] = EGL_CONTEXT_PRIORITY_HIGH_IMG;
	}
	if (wishes & ROBUST) {
		attributes[n++] = EGL_CONTEXT_OPENGL_ROBUST_ACCESS_EXT;
		attributes[n++] = EGL_TRUE;
		attributes[n++] = EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY_EXT;
		attributes[n++] = EGL_LOSE_CONTEXT_ON_RESET_EXT;
	}
	attributes[n] = EGL_NONE;
	return egl->CreateContext(egl->display, config, EGL_NO_CONTEXT, attributes);
}

/* A driver may offer a high priority and refuse it to processes without privileges, so what it refuses is
 * tried again with fewer wishes. */
static EGLContext context_of(struct egl *egl, EGLConfig config, int version, int offered) {
	for (int wishes = ROBUST | PREFERRED; wishes >= 0; wishes--) {
		EGLContext context = (wishes & offered) == wishes
					     ? create_context(egl, config, version, wishes)
					     : EGL_NO_CONTEXT;
		if (context != EGL_NO_CONTEXT)
			return context;
	}
	return EGL_NO_CONTEXT;
}

static EGLContext newest_context(struct egl *egl, EGLConfig config, int newest) {
	static const int versions[] = {32, 31, 30, 20};
	bool minor = display_has(egl, "EGL_KHR_create_context");
	int offered = (display_has(egl, "EGL_EXT_create_context_robustness") ? ROBUST : 0) |
		      (!egl->ordinary && display_has(egl, "EGL_IMG_context_priority") ? PREFERRED : 0);
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		if (versions[i] > newest || (versions[i] % 10 && !minor))
			continue;
		EGLContext context = context_of(egl, config, versions[i], offered);
		if (context != EGL_NO_CONTEXT)
			return context;
	}
	return EGL_NO_CONTEXT;
}

static EGLConfig choose_config(struct egl *egl, bool surfaceless) {
	const EGLint wanted[] = {EGL_SURFACE_TYPE, surfaceless ? 0 : EGL_PBUFFER_BIT, EGL_RENDERABLE_TYPE,
		EGL_OPENGL_ES2_BIT, EGL_NONE};
	EGLConfig config = NULL;
	EGLint count = 0;
	if (!egl->ChooseConfig(egl->display, wanted, &config, 1, &count) || count < 1)
		return NULL;
	return config;
}

static int open_context(struct egl *egl, int newest, struct reason *reason) {
	bool surfaceless = display_has(egl, "EGL_KHR_surfaceless_context");
	EGLConfig config = NULL;
	if (!surfaceless || !display_has(egl, "EGL_KHR_no_config_context")) {
		config = choose_config(egl, surfaceless);
		if (!config)
			return reason_set(reason, -ENOSYS,
				"%s has neither EGL_KHR_no_config_context nor a configuration for OpenGL ES%s",
				egl->platform, surfaceless ? "" : " with pbuffers");
	}
	egl->BindAPI(EGL_OPENGL_ES_API);
	egl->context = newest_context(egl, config, newest);
	if (egl->context == EGL_NO_CONTEXT)
		return reason_set(reason, -ENOSYS, "%s gives no OpenGL ES context (EGL error 0x%x)",
			egl->platform, egl->GetError());
	if (!surfaceless) {
		const EGLint size[] = {EGL_WIDTH, 1, EGL_HEIGHT, 1, EGL_NONE};
		egl->surface = egl->CreatePbufferSurface(egl->display, config, size);
	}
	if (egl_make_current(egl))
		return reason_set(reason, -ENOSYS, "%s: eglMakeCurrent failed (EGL error 0x%x)",
			egl->platform, egl->GetError());
	return 0;
}

static void find_extensions(struct egl *egl) {
	bool image = display_has(egl, "EGL_KHR_image_base") && egl->CreateImage && egl->DestroyImage;
	egl->dmabuf_import = image && display_has(egl, "EGL_EXT_image_dma_buf_import");
	egl->dmabuf_modifiers =
		egl->dmabuf_import && display_has(egl, "EGL_EXT_image_dma_buf_import_modifiers");
	bool sync = display_has(egl, "EGL_KHR_fence_sync") && egl->CreateSync && egl->DestroySync;
	egl->native_fence = sync && display_has(egl, "EGL_ANDROID_native_fence_sync") && egl->DupNativeFence;
	egl->wait_sync = sync && display_has(egl, "EGL_KHR_wait_sync") && egl->WaitSync;
}

/* Takes `display` over, initialises it, and makes a context current. */
static int open_display(struct egl *egl, EGLDisplay display, int newest, struct reason *reason) {
	egl->display = display;
	if (display == EGL_NO_DISPLAY || !egl->Initialize(display, NULL, NULL)) {
		egl->display = EGL_NO_DISPLAY;
		return reason_set(reason, -ENODEV, "no EGL display: %s", egl->platform);
	}
	int error = open_context(egl, newest, reason);
	if (!error)
		error = gles_init(&egl->gl, lookup_gl, reason);
	if (error)
		return error;
	/* A driver may give a newer version than it was asked for. */
	if (egl->gl.version > newest)
		egl->gl.version = newest;
	find_extensions(egl);
	egl->gl.Disable(GL_DITHER); /* it is on in a new context, but pixels must be exact */
	egl->software = gles_is_software(egl->gl.renderer);
	if (egl->gl.debug) {
		egl->gl.Enable(GL_DEBUG_OUTPUT_KHR);
		egl->gl.DebugMessageCallback(on_message, egl);
	}
	return 0;
}

static void close_display(struct egl *egl) {
	struct gbm_library gbm;
	current = NULL;
	if (egl->display != EGL_NO_DISPLAY) {
		egl->MakeCurrent(egl->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
		if (egl->surface != EGL_NO_SURFACE)
			egl->DestroySurface(egl->display, egl->surface);
		if (egl->context != EGL_NO_CONTEXT)
			egl->DestroyContext(egl->display, egl->context);
	}
	/* Displays of other platforms belong to the process for good, and another converter may be using this
	 * one. */
	if (egl->gbm && egl->display != EGL_NO_DISPLAY)
		egl->Terminate(egl->display);
	if (egl->gbm && load_gbm(&gbm))
		gbm.device_destroy(egl->gbm);
	if (egl->node_fd >= 0)
		close(egl->node_fd);
	egl->display = EGL_NO_DISPLAY;
	egl->context = EGL_NO_CONTEXT;
	egl->surface = EGL_NO_SURFACE;
	egl->gbm = NULL;
	egl->node_fd = -1;
}

/* --- the choice of a display --- */

static EGLDisplay platform_display(struct egl *egl, EGLenum platform, void *native) {
	return egl->GetPlatformDisplay(platform, native, NULL);
}

static bool render_node(const char *card_node, char *path, size_t size) {
	struct stat status;
	drmDevicePtr device;
	if (stat(card_node, &status) || drmGetDeviceFromDevId(status.st_rdev, 0, &device))
		return false;
	bool found = device->available_nodes & (1 << DRM_NODE_RENDER);
	if (found)
		snprintf(path, size, "%s", device->nodes[DRM_NODE_RENDER]);
	drmFreeDevice(&device);
	return found;
}

static int open_gbm(struct egl *egl, const char *node, int newest, struct reason *reason) {
	struct gbm_library gbm;
	snprintf(egl->platform, sizeof egl->platform, "GBM on %s", node);
	if (!client_has(egl, "EGL_KHR_platform_gbm") && !client_has(egl, "EGL_MESA_platform_gbm"))
		return reason_set(reason, -ENOSYS, "EGL_KHR_platform_gbm is missing");
	if (!load_gbm(&gbm))
		return reason_set(reason, -ENOSYS, "libgbm.so.1 is missing (install libgbm1)");
	egl->node_fd = open(node, O_RDWR | O_CLOEXEC);
	if (egl->node_fd < 0)
		return reason_set(reason, -errno, "cannot open %s: %s", node, strerror(errno));
	/* The first to open a card node becomes its master, and a compositor that starts later would get
	 * EBUSY. */
	drmDropMaster(egl->node_fd);
	egl->gbm = gbm.create_device(egl->node_fd);
	if (!egl->gbm)
		return reason_set(reason, -ENODEV, "libgbm has no driver for %s", node);
	return open_display(egl, platform_display(egl, EGL_PLATFORM_GBM_KHR, egl->gbm), newest, reason);
}

/* On the card's render node, and on its card node where there is none, it fails, or it draws in software. */
static int open_card(struct egl *egl, const struct egl_options *options, struct reason *reason) {
	char node[96];
	if (render_node(options->card_node, node, sizeof node) &&
		!open_gbm(egl, node, options->version, reason) && !egl->software) {
		egl->import_safe = true;
		return 0;
	}
	close_display(egl);
	int error = open_gbm(egl, options->card_node, options->version, reason);
	if (error)
		close_display(egl);
	egl->import_safe = !error;
	return error;
}

static bool same_device(const char *path, const char *node) {
	struct stat a, b;
	return path && !stat(path, &a) && !stat(node, &b) && a.st_rdev == b.st_rdev;
}

static bool device_fits(struct egl *egl, EGLDeviceEXT device, const char *card_node, bool software) {
	const char *list = egl->QueryDeviceString(device, EGL_EXTENSIONS);
	if (card_node)
		return same_device(egl->QueryDeviceString(device, EGL_DRM_DEVICE_FILE_EXT), card_node);
	return software == extension_is_listed(list, "EGL_MESA_device_software");
}

/* The EGL device of this card node. If there is none, the first device that works, hardware before software.
 */
static int open_device(struct egl *egl, const char *card_node, int newest, struct reason *reason) {
	EGLDeviceEXT devices[16];
	EGLint count = 0;
	snprintf(egl->platform, sizeof egl->platform, "the EGL device platform");
	if (!client_has(egl, "EGL_EXT_platform_device") || !egl->QueryDevices || !egl->QueryDeviceString)
		return reason_set(reason, -ENOSYS, "EGL_EXT_platform_device is missing");
	egl->QueryDevices(16, devices, &count);
	int error = reason_set(
		reason, -ENODEV, "no EGL device%s%s", card_node ? " is " : "", card_node ? card_node : "");
	for (int pass = 0; pass < (card_node ? 1 : 2); pass++) {
		for (int i = 0; i < count; i++) {
			if (!device_fits(egl, devices[i], card_node, pass == 1))
				continue;
			error = open_display(egl, platform_display(egl, EGL_PLATFORM_DEVICE_EXT, devices[i]),
				newest, reason);
			if (!error)
				return 0;
			close_display(egl);
		}
	}
	return error;
}

static int open_surfaceless(struct egl *egl, int newest, struct reason *reason) {
	snprintf(egl->platform, sizeof egl->platform, "the surfaceless EGL platform");
	if (!client_has(egl, "EGL_MESA_platform_surfaceless"))
		return reason_set(reason, -ENOSYS, "EGL_MESA_platform_surfaceless is missing");
	EGLDisplay display = platform_display(egl, EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY);
	int error = open_display(egl, display, newest, reason);
	if (error)
		close_display(egl);
	return error;
}

int egl_init(struct egl *egl, const struct egl_options *options, struct reason *reason) {
	memset(egl, 0, sizeof *egl);
	egl->display = EGL_NO_DISPLAY;
	egl->node_fd = -1;
	egl->ordinary = options->ordinary;
	const char *card = options->card_node && *options->card_node ? options->card_node : NULL;
	struct reason on_card = {""}, on_device = {""}, on_none = {""};

	int error = load_libraries(egl, reason);
	if (error)
		return error;
	if (!egl->GetPlatformDisplay)
		return reason_set(reason, -ENOSYS, "EGL_EXT_platform_base is missing");
	if (card && !open_card(egl, options, &on_card))
		return 0;
	if (!open_device(egl, card, options->version, &on_device)) {
		egl->import_safe = !egl->software;
		return 0;
	}
	if (!open_surfaceless(egl, options->version, &on_none))
		return 0;
	return reason_set(reason, -ENODEV, "no OpenGL ES context: %s%s%s; %s", on_card.text, card ? "; " : "",
		on_device.text, on_none.text);
}

void egl_finish(struct egl *egl) {
	if (egl->Initialize) /* otherwise nothing was ever opened in it */
		close_display(egl);
	memset(egl, 0, sizeof *egl);
	egl->node_fd = -1;
}

/* --- use --- */

int egl_make_current(struct egl *egl) {
	if (current == egl)
		return 0;
	current = egl->MakeCurrent(egl->display, egl->surface, egl->surface, egl->context) ? egl : NULL;
	return current ? 0 : -EIO;
}

bool egl_is_lost(struct egl *egl) {
	return egl->gl.robustness && egl->gl.GetGraphicsResetStatus() != GL_NO_ERROR;
}

static int native_fence(struct egl *egl) {
	EGLSyncKHR sync = egl->CreateSync(egl->display, EGL_SYNC_NATIVE_FENCE_ANDROID, NULL);
	if (sync == EGL_NO_SYNC_KHR)
		return -1;
	egl->gl.Flush(); /* the fence has an fd only after the commands were sent */
	int fd = egl->DupNativeFence(egl->display, sync);
	egl->DestroySync(egl->display, sync);
	return fd;
}

void egl_fence_insert(struct egl *egl, struct egl_fence *fence) {
	fence->fd = egl->native_fence ? native_fence(egl) : -1;
	fence->sync = NULL;
	if (fence->fd >= 0 || egl->gl.version < 30)
		return;
	fence->sync = egl->gl.FenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
	egl->gl.Flush();
}

static int wait_fd(int fd, int timeout_ms) {
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	int ready;
	do {
		ready = poll(&wait, 1, timeout_ms);
	} while (ready < 0 && errno == EINTR);
	return ready > 0 ? 0 : -ETIMEDOUT;
}

/* After a nap that was too long the next one is shorter, because `usual_ns` includes all of it. */
void egl_nap(uint64_t usual_ns, uint64_t least_ns) {
	enum { KERNEL_SLACK_NS = 55000 };
	uint64_t most = usual_ns / 4 * 3;
	if (most > KERNEL_SLACK_NS + least_ns)
		nanosleep(&(struct timespec){.tv_nsec = (long)(most - KERNEL_SLACK_NS)}, NULL);
	else if (least_ns)
		nanosleep(&(struct timespec){.tv_nsec = (long)least_ns}, NULL);
}

static int wait_sync(struct egl *egl, GLsync sync, uint64_t *usual_ns, int timeout_ms) {
	enum { SLICE_MS = 10, WORTH_A_NAP_NS = 90000, LONGEST_NAP_NS = 20000000 };
	uint64_t begin = clock_now_ns();
	GLenum state = egl->gl.ClientWaitSync(sync, 0, 0);
	/* Some drivers spin in glClientWaitSync. */
	if (state == GL_TIMEOUT_EXPIRED && *usual_ns > WORTH_A_NAP_NS)
		egl_nap(*usual_ns, 0);
	/* Wait in slices, because some drivers hold a lock while they wait. */
	for (int spent = 0; state == GL_TIMEOUT_EXPIRED && spent < timeout_ms; spent += SLICE_MS)
		state = egl->gl.ClientWaitSync(sync, 0, SLICE_MS * (GLuint64)1000000);
	uint64_t took = clock_now_ns() - begin;
	*usual_ns = (*usual_ns * 3 + (took < LONGEST_NAP_NS ? took : LONGEST_NAP_NS)) / 4;
	if (state == GL_WAIT_FAILED)
		return -EIO;
	return state == GL_TIMEOUT_EXPIRED ? -ETIMEDOUT : 0;
}

int egl_fence_wait(struct egl *egl, struct egl_fence *fence, uint64_t *usual_ns, int timeout_ms) {
	int error = 0;
	if (fence->fd >= 0)
		error = wait_fd(fence->fd, timeout_ms);
	else if (fence->sync)
		error = wait_sync(egl, fence->sync, usual_ns, timeout_ms);
	else
		egl->gl.Finish();
	egl_fence_drop(egl, fence);
	return error;
}

void egl_fence_drop(struct egl *egl, struct egl_fence *fence) {
	if (fence->fd >= 0)
		close(fence->fd);
	if (fence->sync)
		egl->gl.DeleteSync(fence->sync);
	fence->fd = -1;
	fence->sync = NULL;
}
