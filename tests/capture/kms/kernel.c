/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/capture/kms/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "capture/kms/device.h"
#include "tests/test.h"

struct kernel kernel;
static int node_fd = -1;

/* Property ids are indexes into this. */
static const char *const property_names[] = {"", "type", "FB_ID", "CRTC_ID", "SRC_X", "SRC_Y", "SRC_W",
	"SRC_H", "CRTC_X", "CRTC_Y", "CRTC_W", "CRTC_H", "ACTIVE", "DPMS", "CTM", "GAMMA_LUT",
	"HDR_OUTPUT_METADATA", "zpos", "TILE", "DEGAMMA_LUT", "Colorspace", "Colorspace"};
enum {
	TYPE = 1,
	FB_ID,
	CRTC_ID,
	SRC_X,
	CRTC_X = SRC_X + 4,
	ACTIVE = CRTC_X + 4,
	DPMS,
	CTM_ID,
	GAMMA_ID,
	HDR,
	ZPOS,
	TILE,
	DEGAMMA_ID,
	COLORSPACE /* and the next one: each connector has a property of its own */
};

void kernel_light(int connector, int crtc, int fb, uint16_t width, uint16_t height) {
	kernel.vblank_count++;
	kernel.connectors[connector].connected = true;
	kernel.connectors[connector].crtc_id = KERNEL_CRTC + (uint32_t)crtc;
	kernel.crtcs[crtc].active = true;
	kernel.crtcs[crtc].width = width;
	kernel.crtcs[crtc].height = height;
	kernel.fbs[fb].width = width;
	kernel.fbs[fb].height = height;
	kernel.planes[crtc].fb_id = KERNEL_FB + (uint32_t)fb;
	kernel.planes[crtc].crtc_id = KERNEL_CRTC + (uint32_t)crtc;
	kernel.planes[crtc].src[2] = (uint64_t)width << 16;
	kernel.planes[crtc].src[3] = (uint64_t)height << 16;
	kernel.planes[crtc].dst[2] = width;
	kernel.planes[crtc].dst[3] = height;
}

void kernel_reset(void) {
	kernel_finish();
	memset(&kernel, 0, sizeof kernel);
	strcpy(kernel.node, "/tmp/zerovnc-test-card-XXXXXX");
	node_fd = mkstemp(kernel.node);
	CHECK(node_fd >= 0);
	kernel.atomic = kernel.has_vblank = true;
	kernel.now_ns = 1000000000000;
	kernel.connectors[0].there = kernel.connectors[1].there = true;
	kernel_light(0, 0, 0, 640, 480);
}

void kernel_finish(void) {
	if (node_fd < 0)
		return;
	close(node_fd);
	unlink(kernel.node);
	node_fd = -1;
}

/* With the fake card everybody is root. */
bool __wrap_kms_device_may_capture(void);
bool __wrap_kms_device_may_capture(void) {
	return true;
}

enum kms_console_right __wrap_kms_console_ask(const char *card_name);
enum kms_console_right __wrap_kms_console_ask(const char *card_name) {
	(void)card_name;
	kernel.console_asked++;
	return kernel.console;
}

bool __wrap_kms_device_is_removed(const struct kms_device *device);
bool __wrap_kms_device_is_removed(const struct kms_device *device) {
	(void)device;
	return kernel.unregistered;
}

/* The old node exists for as long as somebody has it open, so that the new one is a different node. */
void kernel_replace_card(void) {
	int old_fd = node_fd;
	CHECK(unlink(kernel.node) == 0);
	node_fd = open(kernel.node, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CHECK(node_fd >= 0);
	close(old_fd);
}

uint64_t __wrap_clock_now_ns(void);
uint64_t __wrap_clock_now_ns(void) {
	return kernel.now_ns;
}

void kernel_send_vblank(void) {
	struct drm_event_crtc_sequence event = {
		.base = {.type = DRM_EVENT_CRTC_SEQUENCE, .length = sizeof event}};
	CHECK(write(node_fd, &event, sizeof event) == sizeof event);
}

/* --- the ioctls --- */

/* The first call has no room and only asks for the lengths. */
static void copy_text(char *to, size_t *length, const char *text) {
	if (to && *length >= strlen(text))
		memcpy(to, text, strlen(text));
	*length = strlen(text);
}

static int version(struct drm_version *version) {
	copy_text(version->name, &version->name_len, "boxed");
	copy_text(version->date, &version->date_len, "0");
	copy_text(version->desc, &version->desc_len, "a card in a box");
	return 0;
}

static void copy_ids(uint64_t to, uint32_t *count, uint32_t first, uint32_t have) {
	for (uint32_t i = 0; i < have && i < *count; i++)
		((uint32_t *)(uintptr_t)to)[i] = first + i;
	*count = have;
}

static int resources(struct drm_mode_card_res *card) {
	uint32_t ids[KERNEL_HEADS], have = 0;
	for (uint32_t i = 0; i < KERNEL_HEADS; i++)
		if (kernel.connectors[i].there)
			ids[have++] = KERNEL_CONNECTOR + i;
	if (card->count_connectors >= have && card->connector_id_ptr)
		memcpy((void *)(uintptr_t)card->connector_id_ptr, ids, have * sizeof *ids);
	card->count_connectors = have;
	copy_ids(card->crtc_id_ptr, &card->count_crtcs, KERNEL_CRTC, KERNEL_HEADS);
	copy_ids(card->encoder_id_ptr, &card->count_encoders, KERNEL_ENCODER, KERNEL_HEADS);
	card->count_fbs = 0;
	return 0;
}

static int connector(struct drm_mode_get_connector *out) {
	uint32_t i = out->connector_id - KERNEL_CONNECTOR;
	if (i >= KERNEL_HEADS || !kernel.connectors[i].there)
		return ENOENT;
	out->count_modes = out->count_props = out->count_encoders = 0;
	out->connector_type = DRM_MODE_CONNECTOR_HDMIA;
	out->connector_type_id = i + 1;
	out->connection = kernel.connectors[i].connected ? DRM_MODE_CONNECTED : DRM_MODE_DISCONNECTED;
	out->encoder_id = kernel.connectors[i].crtc_id ? KERNEL_ENCODER + i : 0;
	return 0;
}

static int encoder(struct drm_mode_get_encoder *out) {
	uint32_t i = out->encoder_id - KERNEL_ENCODER;
	if (i >= KERNEL_HEADS)
		return ENOENT;
	out->crtc_id = kernel.connectors[i].crtc_id;
	return 0;
}

static int crtc(struct drm_mode_crtc *out) {
	uint32_t i = out->crtc_id - KERNEL_CRTC;
	if (i >= KERNEL_HEADS)
		return ENOENT;
	out->x = kernel.crtcs[i].x;
	out->y = kernel.crtcs[i].y;
	out->gamma_size = kernel.crtcs[i].legacy ? 256 : 0;
	out->mode_valid = kernel.crtcs[i].width != 0;
	memset(&out->mode, 0, sizeof out->mode);
	out->mode.hdisplay = kernel.crtcs[i].width;
	out->mode.vdisplay = kernel.crtcs[i].height;
	out->mode.clock = 60 * 1000;
	out->mode.htotal = out->mode.vtotal = 1000;
	return 0;
}

static int plane(struct drm_mode_get_plane *out) {
	uint32_t i = out->plane_id - KERNEL_PLANE;
	if (i >= KERNEL_PLANES)
		return ENOENT;
	out->fb_id = kernel.planes[i].fb_id;
	out->crtc_id = kernel.planes[i].crtc_id;
	out->possible_crtcs = i < KERNEL_HEADS ? 1u << i : (1u << KERNEL_HEADS) - 1;
	out->count_format_types = 0;
	return 0;
}

static void give(struct drm_mode_obj_get_properties *out, uint32_t id, uint64_t value) {
	((uint32_t *)(uintptr_t)out->props_ptr)[out->count_props] = id;
	((uint64_t *)(uintptr_t)out->prop_values_ptr)[out->count_props++] = value;
}

static int plane_properties(struct drm_mode_obj_get_properties *out, uint32_t i) {
	give(out, TYPE,
		i < KERNEL_HEADS     ? DRM_PLANE_TYPE_PRIMARY
		: i < KERNEL_OVERLAY ? DRM_PLANE_TYPE_CURSOR
				     : DRM_PLANE_TYPE_OVERLAY);
	if (!kernel.atomic)
		return 0;
	give(out, FB_ID, kernel.planes[i].fb_id);
	give(out, CRTC_ID, kernel.planes[i].crtc_id);
	for (uint32_t j = 0; j < 4; j++) {
		give(out, SRC_X + j, kernel.planes[i].src[j]);
		give(out, CRTC_X + j, kernel.planes[i].dst[j]);
	}
	give(out, ZPOS, kernel.planes[i].zpos);
	return 0;
}

static int properties(struct drm_mode_obj_get_properties *out) {
	out->count_props = 0;
	if (out->obj_id - KERNEL_PLANE < KERNEL_PLANES)
		return plane_properties(out, out->obj_id - KERNEL_PLANE);
	if (out->obj_id - KERNEL_CRTC < KERNEL_HEADS) {
		if (kernel.atomic) {
			give(out, ACTIVE, kernel.crtcs[out->obj_id - KERNEL_CRTC].active);
			give(out, CTM_ID, kernel.crtcs[out->obj_id - KERNEL_CRTC].ctm);
			give(out, DEGAMMA_ID, kernel.crtcs[out->obj_id - KERNEL_CRTC].degamma);
			give(out, GAMMA_ID, kernel.crtcs[out->obj_id - KERNEL_CRTC].gamma);
		}
		return 0;
	}
	uint32_t i = out->obj_id - KERNEL_CONNECTOR;
	if (i >= KERNEL_HEADS || !kernel.connectors[i].there)
		return ENOENT;
	give(out, DPMS, kernel.connectors[i].dpms);
	if (kernel.atomic) {
		give(out, CRTC_ID, kernel.connectors[i].crtc_id);
		give(out, HDR, kernel.connectors[i].hdr);
		give(out, COLORSPACE + i, kernel.connectors[i].colorspace);
		give(out, TILE, kernel.connectors[i].tile);
	}
	return 0;
}

/* As drm_connector.c names and numbers them. */
static int colorspaces(struct drm_mode_get_property *out) {
	static const struct drm_mode_property_enum all[] = {{0, "Default"}, {7, "opRGB"}, {8, "BT2020_CYCC"},
		{9, "BT2020_RGB"}, {10, "BT2020_YCC"}, {11, "DCI-P3_RGB_D65"}};
	out->flags = DRM_MODE_PROP_ENUM;
	out->count_values = 0;
	if (out->enum_blob_ptr && out->count_enum_blobs >= sizeof all / sizeof *all)
		memcpy((void *)(uintptr_t)out->enum_blob_ptr, all, sizeof all);
	out->count_enum_blobs = sizeof all / sizeof *all;
	return 0;
}

static int property(struct drm_mode_get_property *out) {
	if (out->prop_id == 0 || out->prop_id >= sizeof property_names / sizeof *property_names)
		return ENOENT;
	strcpy(out->name, property_names[out->prop_id]);
	if (out->prop_id >= COLORSPACE)
		return colorspaces(out);
	out->flags = DRM_MODE_PROP_RANGE;
	out->count_values = out->count_enum_blobs = 0;
	return 0;
}

/* The client flips away and frees what it showed. */
static void vanish(uint32_t i) {
	for (int head = 0; head < KERNEL_HEADS; head++)
		if (kernel.planes[head].fb_id == KERNEL_FB + i)
			kernel.planes[head].fb_id = KERNEL_FB + (i + 1) % KERNEL_FBS;
	kernel.fbs[(i + 1) % KERNEL_FBS] = kernel.fbs[i];
	kernel.fbs[i].width = 0;
	kernel.vanishing--;
}

static int getfb2(struct drm_mode_fb_cmd2 *out) {
	uint32_t i = out->fb_id - KERNEL_FB;
	if (i < KERNEL_FBS && kernel.vanishing)
		vanish(i);
	if (i >= KERNEL_FBS || kernel.fbs[i].width == 0)
		return ENOENT;
	out->width = kernel.fbs[i].width;
	out->height = kernel.fbs[i].height;
	out->pixel_format = kernel.fbs[i].fourcc ? kernel.fbs[i].fourcc : 0x34325258; /* XR24 */
	out->pitches[0] = out->width * 4;
	if (!kernel.hides_framebuffers) {
		out->handles[0] = i + 1;
		kernel.handles_open++;
	}
	return 0;
}

static int prime(struct drm_prime_handle *out) {
	CHECK(kernel.handles_open > 0);
	uint32_t i = out->handle - 1;
	if (kernel.being_drawn) {
		out->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* polled, as such a dma-buf is */
		return 0;
	}
	out->fd = memfd_create("dma-buf", MFD_CLOEXEC);
	return ftruncate(out->fd, (off_t)kernel.fbs[i].width * 4 * kernel.fbs[i].height) ? errno : 0;
}

static int client_cap(const struct drm_set_client_cap *cap) {
	return cap->capability == DRM_CLIENT_CAP_ATOMIC && !kernel.atomic ? EOPNOTSUPP : 0;
}

static int queue_sequence(void) {
	if (!kernel.has_vblank)
		return EOPNOTSUPP;
	kernel.vblanks_queued++;
	return 0;
}

static int blob(struct drm_mode_get_blob *out) {
	if (!out->blob_id || out->blob_id > sizeof kernel.blobs / sizeof *kernel.blobs)
		return ENOENT;
	if (out->data && out->length >= kernel.blobs[out->blob_id - 1].size)
		memcpy((void *)(uintptr_t)out->data, kernel.blobs[out->blob_id - 1].data,
			kernel.blobs[out->blob_id - 1].size);
	out->length = kernel.blobs[out->blob_id - 1].size;
	return 0;
}

static int wait_vblank(union drm_wait_vblank *wait) {
	if (!kernel.has_vblank)
		return EOPNOTSUPP;
	CHECK((wait->request.type & ~(unsigned)_DRM_VBLANK_HIGH_CRTC_MASK) == _DRM_VBLANK_RELATIVE &&
		!wait->request.sequence);
	wait->reply.sequence = kernel.vblank_count;
	return 0;
}

static int gamma_table(const struct drm_mode_crtc_lut *out) {
	uint32_t i = out->crtc_id - KERNEL_CRTC;
	if (i >= KERNEL_HEADS || !kernel.crtcs[i].legacy || out->gamma_size != 256)
		return EINVAL;
	memcpy((void *)(uintptr_t)out->red, kernel.crtcs[i].legacy, 512);
	memcpy((void *)(uintptr_t)out->green, kernel.crtcs[i].legacy + 256, 512);
	memcpy((void *)(uintptr_t)out->blue, kernel.crtcs[i].legacy + 512, 512);
	return 0;
}

static int plane_resources(struct drm_mode_get_plane_res *out) {
	copy_ids(out->plane_id_ptr, &out->count_planes, KERNEL_PLANE, KERNEL_PLANES);
	return 0;
}

static int answer(unsigned long request, void *argument) {
	kernel.ioctls++;
	if (kernel.unplugged)
		return ENODEV;
	switch (request) {
	case DRM_IOCTL_VERSION:
		return version(argument);
	case DRM_IOCTL_SET_CLIENT_CAP:
		return client_cap(argument);
	case DRM_IOCTL_DROP_MASTER:
		return 0;
	case DRM_IOCTL_MODE_GETRESOURCES:
		return resources(argument);
	case DRM_IOCTL_MODE_GETCONNECTOR:
		return connector(argument);
	case DRM_IOCTL_MODE_GETENCODER:
		return encoder(argument);
	case DRM_IOCTL_MODE_GETCRTC:
		return crtc(argument);
	case DRM_IOCTL_MODE_GETPLANERESOURCES:
		return plane_resources(argument);
	case DRM_IOCTL_MODE_GETPLANE:
		kernel.now_ns += kernel.wait_ns;
		return plane(argument);
	case DRM_IOCTL_MODE_OBJ_GETPROPERTIES:
		return properties(argument);
	case DRM_IOCTL_MODE_GETPROPERTY:
		return property(argument);
	case DRM_IOCTL_MODE_GETGAMMA:
		return gamma_table(argument);
	case DRM_IOCTL_MODE_GETPROPBLOB:
		return blob(argument);
	case DRM_IOCTL_MODE_GETFB2:
		return getfb2(argument);
	case DRM_IOCTL_PRIME_HANDLE_TO_FD:
		return prime(argument);
	case DRM_IOCTL_GEM_CLOSE:
		kernel.handles_open--;
		return 0;
	case DRM_IOCTL_WAIT_VBLANK:
		return wait_vblank(argument);
	case DRM_IOCTL_CRTC_QUEUE_SEQUENCE:
		return queue_sequence();
	default:
		return ENOTTY;
	}
}

/* The C library's: this one comes first when the program is linked. Not drmIoctl(): a libdrm that binds its
 * own functions among themselves (Ubuntu's) does not ask for another there. */
int ioctl(int fd, unsigned long request, ...) {
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	if (_IOC_TYPE(request) != DRM_IOCTL_BASE)
		return (int)syscall(SYS_ioctl, fd, request, argument);
	int error = answer(request, argument);
	if (!error)
		return 0;
	errno = error;
	return -1;
}
