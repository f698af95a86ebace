/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/h264/va.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/base/array.h"
#include "capture/base/clock.h"
#include "capture/base/utf8.h"
#include "encode/h264/coder.h"
#include "encode/h264/stream.h"
#include "encode/h264/symbols.h"

#define LIBRARY     "libva.so.2"
#define DRM_LIBRARY "libva-drm.so.2"
#define NODES       "/dev/dri/renderD*"

static const uint64_t again_ns = 60000000000ull;

enum { ENTRYPOINTS_MAX = 64 };

static struct {
	bool loaded;
	__typeof__(vaGetDisplayDRM) *get_display;

	pthread_mutex_t lock; /* for all that follows, and for opening and closing */
	unsigned users;
	int fd;
	_Atomic uint64_t failed_ns; /* when it failed last; 0: it did not. Read without the lock, too */
	char name[192];             /* of what is open */

	pthread_mutex_t words_lock; /* for what is told about it */
	char by[192];
	struct reason why;
} gpu = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1, .words_lock = PTHREAD_MUTEX_INITIALIZER};

static struct va va = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* --- the library --- */

static bool find_functions(void *library, void *drm) {
	static const struct symbol symbols[] = {
#define VA_SYMBOL(name) {"va" #name, &va.api.name},
		VA_FUNCTIONS(VA_SYMBOL)
#undef VA_SYMBOL
	};
	static const struct symbol of_drm[] = {{"vaGetDisplayDRM", &gpu.get_display}};
	return symbols_find(library, symbols, ARRAY_LEN(symbols)) &&
	       symbols_find(drm, of_drm, ARRAY_LEN(of_drm));
}

int gpu_load(struct reason *reason) {
	if (gpu.loaded)
		return 0;
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL),
	     *drm = dlopen(DRM_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	gpu.loaded = library && drm && find_functions(library, drm);
	if (gpu.loaded)
		return 0;
	if (library)
		dlclose(library);
	if (drm)
		dlclose(drm);
	return reason_set(reason, -ENOENT,
		"%s or %s is not installed (Debian and Ubuntu: libva-drm2, and a driver such as intel-media-va-driver or mesa-va-drivers)",
		LIBRARY, DRM_LIBRARY);
}

/* --- what is told about it --- */

static void tell(const char *by, const struct reason *why) {
	pthread_mutex_lock(&gpu.words_lock);
	snprintf(gpu.by, sizeof gpu.by, "%s", by);
	gpu.why = *why;
	pthread_mutex_unlock(&gpu.words_lock);
}

void gpu_report(char by[192], struct reason *why) {
	pthread_mutex_lock(&gpu.words_lock);
	memcpy(by, gpu.by, sizeof gpu.by);
	*why = gpu.why;
	pthread_mutex_unlock(&gpu.words_lock);
}

/* --- a render node --- */

static int why_not(struct reason *why, const char *node, const char *what, VAStatus status) {
	return reason_set(why, -ENODEV, "%s: %s: %s", node, what, va.api.ErrorStr(status));
}

static bool has_entrypoint(const VAEntrypoint *all, int count, VAEntrypoint which) {
	for (int i = 0; i < count; i++)
		if (all[i] == which)
			return true;
	return false;
}

static int query_entrypoints(VAProfile profile, VAEntrypoint all[ENTRYPOINTS_MAX]) {
	int count = 0;
	bool got = va.api.MaxNumEntrypoints(va.display) <= ENTRYPOINTS_MAX &&
		   va.api.QueryConfigEntrypoints(va.display, profile, all, &count) == VA_STATUS_SUCCESS;
	return got ? count : 0;
}

/* Before this version, Mesa had AMD's encoders read the framebuffer itself instead of a copy, later and from
 * its upper left corner. */
enum { MESA_COPIES = 25 };

static bool copies(const char *vendor) {
	unsigned version;
	return sscanf(vendor, "Mesa Gallium driver %u", &version) != 1 || version >= MESA_COPIES;
}

/* The encoder that can do more is preferred to the one that takes less power. */
static int find_encoder(const char *node, struct reason *why) {
	VAEntrypoint all[ENTRYPOINTS_MAX];
	int count = query_entrypoints(VAProfileNone, all);
	va.processes = has_entrypoint(all, count, VAEntrypointVideoProc) &&
		       copies(va.api.QueryVendorString(va.display));
	count = query_entrypoints(VA_PROFILE, all);
	if (has_entrypoint(all, count, VAEntrypointEncSlice))
		va.entrypoint = VAEntrypointEncSlice;
	else if (has_entrypoint(all, count, VAEntrypointEncSliceLP))
		va.entrypoint = VAEntrypointEncSliceLP;
	else
		return reason_set(why, -ENODEV, "%s: its driver (%s) does not encode H.264", node,
			va.api.QueryVendorString(va.display));
	return 0;
}

static int find_abilities(const char *node, struct reason *why) {
	VAConfigAttrib attributes[] = {{.type = VAConfigAttribRTFormat}, {.type = VAConfigAttribRateControl},
		{.type = VAConfigAttribEncPackedHeaders}};
	VAStatus status = va.api.GetConfigAttributes(
		va.display, VA_PROFILE, va.entrypoint, attributes, ARRAY_LEN(attributes));
	if (status != VA_STATUS_SUCCESS)
		return why_not(why, node, "cannot ask what it encodes", status);
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
		if (attributes[i].value == VA_ATTRIB_NOT_SUPPORTED)
			attributes[i].value = 0;
	if (!(attributes[0].value & VA_RT_FORMAT_YUV420) || !(attributes[1].value & VA_RC_CQP))
		return reason_set(why, -ENODEV, "%s: its driver (%s) does not encode with a constant quality",
			node, va.api.QueryVendorString(va.display));
	va.packed = attributes[2].value;
	return 0;
}

static void close_node(void) {
	if (va.display)
		va.api.Terminate(va.display);
	va.display = NULL;
	if (gpu.fd >= 0)
		close(gpu.fd);
	gpu.fd = -1;
}

/* Drivers write to stderr what a person should hear from us. */
static int open_node(const char *node, struct reason *why) {
	int major, minor;
	gpu.fd = open(node, O_RDWR | O_CLOEXEC);
	if (gpu.fd < 0)
		return reason_set(why, -errno, "%s: %s%s", node, strerror(errno),
			errno == EACCES ? "; the server's user must be in the group that owns it" : "");
	va.display = gpu.get_display(gpu.fd);
	if (!va.display)
		return reason_set(why, -ENODEV, "%s: it is no node of a GPU", node);
	va.api.SetInfoCallback(va.display, NULL, NULL);
	va.api.SetErrorCallback(va.display, NULL, NULL);
	VAStatus status = va.api.Initialize(va.display, &major, &minor);
	if (status != VA_STATUS_SUCCESS)
		return why_not(why, node, "there is no VA-API driver for it", status);
	int error = find_encoder(node, why);
	return error ? error : find_abilities(node, why);
}

/* Why there is none is told about the last one of several. */
static int open_any(void) {
	struct reason why = {"there is no render node in /dev/dri"};
	char vendor[128];
	glob_t found;
	int error = -ENODEV;
	if (glob(NODES, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc && error; i++) {
			error = open_node(found.gl_pathv[i], &why);
			if (error) {
				close_node();
				continue;
			}
			utf8_copy(vendor, sizeof vendor, va.api.QueryVendorString(va.display));
			snprintf(gpu.name, sizeof gpu.name, "VA-API on %.32s: %s", found.gl_pathv[i], vendor);
		}
		globfree(&found);
	}
	if (error)
		tell("", &why);
	return error;
}

/* --- its users --- */

bool gpu_may(void) {
	uint64_t failed_ns = gpu.failed_ns;
	return gpu.loaded && (!failed_ns || clock_now_ns() >= failed_ns + again_ns);
}

struct va *va_use(void) {
	pthread_mutex_lock(&gpu.lock);
	bool may = gpu_may(), use = may && (gpu.users || open_any() == 0);
	if (use) {
		gpu.users++;
		gpu.failed_ns = 0;
		tell(gpu.name, &(struct reason){""});
	} else if (may) {
		gpu.failed_ns = clock_now_ns();
	}
	pthread_mutex_unlock(&gpu.lock);
	return use ? &va : NULL;
}

void va_leave(void) {
	pthread_mutex_lock(&gpu.lock);
	if (!--gpu.users)
		close_node();
	pthread_mutex_unlock(&gpu.lock);
}

VAStatus va_create_surfaces(
	struct va *used, unsigned width, unsigned height, VASurfaceID *surfaces, unsigned count) {
	VASurfaceAttrib nv12 = {.type = VASurfaceAttribPixelFormat,
		.flags = VA_SURFACE_ATTRIB_SETTABLE,
		.value = {.type = VAGenericValueTypeInteger, .value.i = VA_FOURCC_NV12}};
	return used->api.CreateSurfaces(used->display, VA_RT_FORMAT_YUV420, stream_padded(width),
		stream_padded(height), surfaces, count, &nv12, 1);
}

void va_blame(const char *what, VAStatus status) {
	struct reason why;
	reason_set(&why, 0, "the GPU failed to %s (%s); it is tried again in a minute", what,
		va.api.ErrorStr(status));
	pthread_mutex_lock(&gpu.lock);
	gpu.failed_ns = clock_now_ns();
	pthread_mutex_unlock(&gpu.lock);
	tell("", &why);
}
