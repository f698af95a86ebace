/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * driver: a driver of VA-API that works without a GPU, so that what uses libva can be tested anywhere. It is
 * strict: where real drivers make do with what a caller got wrong, or make rubbish of it, it fails and says
 * why on stderr. What its files share.
 *
 * ZEROVNC_TEST_VA has words with commas between them:
 *   lowpower   encode by VAEntrypointEncSliceLP instead of VAEntrypointEncSlice
 *   plain      take no packed headers
 *   cbr        offer a constant bit rate too
 *   copies     vaDeriveImage() fails
 *   noimport   take no DMA-BUFs
 *   segments   hand out coded pictures in two segments
 *   fails=N    the Nth vaEndPicture() of each encoding context fails, and so do those after it
 *   noencoder  do not encode
 *   noproc     do not process
 *   oldmesa    have the name of a driver whose processing does not copy
 * ZEROVNC_TEST_VA_LOG is a file to which a line is added for each thing of note: "open", "close", "import
 * WIDTH HEIGHT PITCH FOURCC", "proc X Y WIDTH HEIGHT", "put WIDTH HEIGHT" and "encode idr|i|p WIDTH HEIGHT qp
 * N packed|plain bytes N skipped N".
 */
#ifndef ZEROVNC_TEST_VA_DRIVER_H
#define ZEROVNC_TEST_VA_DRIVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <va/va.h>
#include <va/va_backend.h>
#include <va/va_backend_vpp.h>
#include <va/va_drmcommon.h>

#include "tests/encode/h264/driver/slice.h"

/* The library loads drivers with RTLD_GLOBAL, and the program has names of its own. */
#pragma GCC visibility push(hidden)

enum { SIDE_MAX = 4096 };

/* --- the driver --- */

struct options {
	bool lowpower, plain, cbr, copies, noimport, segments, noencoder, noproc, oldmesa;
	unsigned fails; /* 0: never */
};

struct driver {
	pthread_mutex_t lock;
	struct options options;
	int log; /* -1: none */
	struct object *objects;
	VAGenericID last_id;
};

struct driver *driver_enter(VADriverContextP context);
void driver_leave(struct driver **driver);
/* The driver, locked until the end of the block. */
#define DRIVER_HOLD(driver, context)                                                                         \
	struct driver *driver __attribute__((cleanup(driver_leave))) = driver_enter(context)

__attribute__((format(printf, 2, 3))) void driver_log(struct driver *driver, const char *format, ...);

/* What a caller must keep to. */
struct rule {
	bool kept;
	const char *broken; /* what is told if it is not */
};
/* Returns `status`, and tells why, if a rule was not kept. */
VAStatus driver_judge(const struct rule *rules, size_t count, VAStatus status);

/* --- objects --- */

enum kind { KIND_CONFIG, KIND_SURFACE, KIND_IMAGE, KIND_BUFFER, KIND_CONTEXT };

/* Numbers are never used again, so that those of objects that are gone are found out. */
struct object {
	struct object *next;
	VAGenericID id;
	enum kind kind;
};

/* Takes ownership of it. */
VAGenericID driver_add(struct driver *driver, struct object *object, enum kind kind);
/* NULL: there is none of this kind. */
void *driver_find(struct driver *driver, VAGenericID id, enum kind kind);
/* Frees it, but not what it owns. */
void driver_remove(struct driver *driver, struct object *object);

struct config {
	struct object object;
	VAProfile profile;
	VAEntrypoint entrypoint;
	uint32_t format, rate_control, packed; /* the values of VAConfigAttrib... */
};

/* NV12 in memory of its own, or somebody else's RGB. */
struct surface {
	struct object object;
	uint32_t fourcc;
	unsigned width, height;
	size_t pitch;
	uint8_t *memory;        /* owned; NULL: it is imported */
	size_t size;            /* of the memory */
	size_t chroma;          /* where it begins */
	int fd;                 /* owned; -1: it is not imported */
	size_t offset;          /* in what was imported */
	unsigned derived;       /* images of it */
	unsigned mapped;        /* how many of them the caller writes to */
	VAContextID rebuilt_by; /* whose reconstructed picture it has. 0: nobody's */
};

struct buffer {
	struct object object;
	VABufferType type;
	unsigned size, elements;
	uint8_t *data;           /* owned, unless it is a surface's */
	struct surface *surface; /* whose memory it is. NULL: its own */
	bool mapped;
	size_t coded;    /* bytes that were encoded into it */
	uint32_t status; /* of them: VA_CODED_BUF_STATUS_... */
	VACodedBufferSegment segments[2];
};

struct image {
	struct object object;
	VAImage what;
	struct buffer *buffer; /* destroyed with it */
};

enum { PACKED_KINDS = 3 }; /* from VAEncPackedHeaderSequence on */

/* What was rendered to a picture since it was begun. Parameters are copied. */
struct request {
	VASurfaceID target;
	bool begun, has_sequence, has_picture, has_header, has_packed[PACKED_KINDS];
	unsigned slices, pipelines;
	VAEncSequenceParameterBufferH264 sequence;
	VAEncPictureParameterBufferH264 picture;
	VAEncSliceParameterBufferH264 slice;
	VAEncPackedHeaderParameterBuffer header; /* its data has yet to come */
	struct bits packed[PACKED_KINDS];        /* without start codes and emulation prevention */
	VAProcPipelineParameterBuffer pipeline;
	VARectangle input, output;
};

struct context {
	struct object object;
	struct config config;
	unsigned width, height;
	struct request request;
	unsigned ended;                            /* pictures */
	bool has_last;                             /* there was a picture; the rest is about the last one */
	VAEncSequenceParameterBufferH264 sequence; /* in use since the last IDR picture */
	VAPictureH264 last;
	bool last_is_idr;
	uint16_t last_id; /* idr_pic_id */
};

static inline bool config_encodes(const struct config *config) {
	return config->entrypoint != VAEntrypointVideoProc;
}

/* --- what the files do for each other --- */

struct nv12 surface_planes(const struct surface *surface);
/* Maps an imported one to be read. NULL: it cannot be. `*size` is for surface_close(). */
const uint8_t *surface_open(const struct surface *surface, size_t *size);
void surface_close(const struct surface *surface, const uint8_t *memory, size_t size);

void buffer_free(struct driver *driver, struct buffer *buffer);
void context_free(struct driver *driver, struct context *context);
void surface_free(struct driver *driver, struct surface *surface);
void image_free(struct driver *driver, struct image *image);

/* vaEndPicture() of the two kinds of contexts. */
VAStatus process_picture(struct driver *driver, const struct context *context, struct surface *target);
VAStatus encode_picture(struct driver *driver, struct context *context, struct surface *source);

/* Each sets the entries that its file has. */
void config_fill(struct VADriverVTable *table);
void surface_fill(struct VADriverVTable *table);
void image_fill(struct VADriverVTable *table);
void buffer_fill(struct VADriverVTable *table);
void context_fill(struct VADriverVTable *table);
void stubs_fill(struct VADriverVTable *table);
void process_fill(struct VADriverVTableVPP *table);

#pragma GCC visibility pop

#endif
