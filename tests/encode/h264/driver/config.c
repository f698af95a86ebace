/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the driver can do, and configurations of it. */
#include <stdlib.h>

#include "capture/base/array.h"
#include "tests/encode/h264/driver/driver.h"

enum { MOST_ATTRIBUTES = 11 /* of surfaces */ };

#define PACKED_ALL (VA_ENC_PACKED_HEADER_SEQUENCE | VA_ENC_PACKED_HEADER_PICTURE | VA_ENC_PACKED_HEADER_SLICE)

static VAStatus find_entrypoint(const struct driver *driver, VAProfile profile, VAEntrypoint *entrypoint) {
	const struct options *options = &driver->options;
	if (profile == VAProfileH264ConstrainedBaseline && !options->noencoder)
		*entrypoint = options->lowpower ? VAEntrypointEncSliceLP : VAEntrypointEncSlice;
	else if (profile == VAProfileNone && !options->noproc)
		*entrypoint = VAEntrypointVideoProc;
	else
		return VA_STATUS_ERROR_UNSUPPORTED_PROFILE;
	return VA_STATUS_SUCCESS;
}

static VAStatus check_entrypoint(const struct driver *driver, VAProfile profile, VAEntrypoint entrypoint) {
	VAEntrypoint supported;
	VAStatus status = find_entrypoint(driver, profile, &supported);
	if (status != VA_STATUS_SUCCESS)
		return status;
	return entrypoint == supported ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_UNSUPPORTED_ENTRYPOINT;
}

static VAStatus query_profiles(VADriverContextP context, VAProfile *profiles, int *count) {
	DRIVER_HOLD(driver, context);
	static const VAProfile all[] = {VAProfileH264ConstrainedBaseline, VAProfileNone};
	VAEntrypoint entrypoint;
	*count = 0;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (find_entrypoint(driver, all[i], &entrypoint) == VA_STATUS_SUCCESS)
			profiles[(*count)++] = all[i];
	return VA_STATUS_SUCCESS;
}

static VAStatus query_entrypoints(
	VADriverContextP context, VAProfile profile, VAEntrypoint *entrypoints, int *count) {
	DRIVER_HOLD(driver, context);
	VAStatus status = find_entrypoint(driver, profile, entrypoints);
	*count = status == VA_STATUS_SUCCESS;
	return status;
}

/* --- attributes of configurations --- */

static uint32_t encoder_attribute(const struct driver *driver, VAConfigAttribType type) {
	switch (type) {
	case VAConfigAttribRTFormat:
		return VA_RT_FORMAT_YUV420;
	case VAConfigAttribRateControl:
		return driver->options.cbr ? VA_RC_CQP | VA_RC_CBR : VA_RC_CQP;
	case VAConfigAttribEncPackedHeaders:
		return driver->options.plain ? VA_ATTRIB_NOT_SUPPORTED : PACKED_ALL;
	case VAConfigAttribEncMaxRefFrames:
	case VAConfigAttribEncMaxSlices:
		return 1;
	case VAConfigAttribMaxPictureWidth:
	case VAConfigAttribMaxPictureHeight:
		return SIDE_MAX;
	default:
		return VA_ATTRIB_NOT_SUPPORTED;
	}
}

static uint32_t attribute_of(const struct driver *driver, VAEntrypoint entrypoint, VAConfigAttribType type) {
	if (entrypoint != VAEntrypointVideoProc)
		return encoder_attribute(driver, type);
	switch (type) {
	case VAConfigAttribRTFormat:
		return VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_RGB32;
	case VAConfigAttribMaxPictureWidth:
	case VAConfigAttribMaxPictureHeight:
		return SIDE_MAX;
	default:
		return VA_ATTRIB_NOT_SUPPORTED;
	}
}

static VAStatus get_attributes(VADriverContextP context, VAProfile profile, VAEntrypoint entrypoint,
	VAConfigAttrib *attributes, int count) {
	DRIVER_HOLD(driver, context);
	VAStatus status = check_entrypoint(driver, profile, entrypoint);
	for (int i = 0; i < count && status == VA_STATUS_SUCCESS; i++)
		attributes[i].value = attribute_of(driver, entrypoint, attributes[i].type);
	return status;
}

/* --- configurations --- */

static VAStatus set_attribute(
	const struct driver *driver, struct config *config, const VAConfigAttrib *attribute) {
	uint32_t value = attribute->value,
		 supported = attribute_of(driver, config->entrypoint, attribute->type);
	if (supported == VA_ATTRIB_NOT_SUPPORTED)
		return VA_STATUS_ERROR_ATTR_NOT_SUPPORTED;
	switch (attribute->type) {
	case VAConfigAttribRTFormat:
		config->format = value;
		return value && !(value & ~supported) ? VA_STATUS_SUCCESS
						      : VA_STATUS_ERROR_UNSUPPORTED_RT_FORMAT;
	case VAConfigAttribRateControl:
		config->rate_control = value;
		/* one of them */
		return value && !(value & (value - 1)) && value & supported ? VA_STATUS_SUCCESS
									    : VA_STATUS_ERROR_INVALID_VALUE;
	case VAConfigAttribEncPackedHeaders:
		config->packed = value;
		return value & ~supported ? VA_STATUS_ERROR_INVALID_VALUE : VA_STATUS_SUCCESS;
	default:
		return value <= supported ? VA_STATUS_SUCCESS : VA_STATUS_ERROR_INVALID_VALUE;
	}
}

static VAStatus create_config(VADriverContextP context, VAProfile profile, VAEntrypoint entrypoint,
	VAConfigAttrib *attributes, int count, VAConfigID *id) {
	DRIVER_HOLD(driver, context);
	VAStatus status = check_entrypoint(driver, profile, entrypoint);
	struct config *config = calloc(1, sizeof *config);
	if (!config)
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	config->profile = profile;
	config->entrypoint = entrypoint;
	config->format = VA_RT_FORMAT_YUV420;
	config->rate_control = VA_RC_CQP;
	for (int i = 0; i < count && status == VA_STATUS_SUCCESS; i++)
		status = set_attribute(driver, config, &attributes[i]);
	if (status == VA_STATUS_SUCCESS)
		*id = driver_add(driver, &config->object, KIND_CONFIG);
	else
		free(config);
	return status;
}

static VAStatus destroy_config(VADriverContextP context, VAConfigID id) {
	DRIVER_HOLD(driver, context);
	struct config *config = driver_find(driver, id, KIND_CONFIG);
	if (!config)
		return VA_STATUS_ERROR_INVALID_CONFIG;
	driver_remove(driver, &config->object);
	return VA_STATUS_SUCCESS;
}

static VAStatus query_config(VADriverContextP context, VAConfigID id, VAProfile *profile,
	VAEntrypoint *entrypoint, VAConfigAttrib *attributes, int *count) {
	DRIVER_HOLD(driver, context);
	const struct config *config = driver_find(driver, id, KIND_CONFIG);
	if (!config)
		return VA_STATUS_ERROR_INVALID_CONFIG;
	*profile = config->profile;
	*entrypoint = config->entrypoint;
	*count = 0;
	attributes[(*count)++] = (VAConfigAttrib){VAConfigAttribRTFormat, config->format};
	if (!config_encodes(config))
		return VA_STATUS_SUCCESS;
	attributes[(*count)++] = (VAConfigAttrib){VAConfigAttribRateControl, config->rate_control};
	attributes[(*count)++] = (VAConfigAttrib){VAConfigAttribEncPackedHeaders, config->packed};
	return VA_STATUS_SUCCESS;
}

/* --- attributes of surfaces --- */

static VASurfaceAttrib integer(VASurfaceAttribType type, uint32_t flags, uint32_t value) {
	return (VASurfaceAttrib){.type = type,
		.flags = flags,
		.value = {.type = VAGenericValueTypeInteger, .value.i = (int)value}};
}

static unsigned list_attributes(
	const struct driver *driver, const struct config *config, VASurfaceAttrib *to) {
	static const uint32_t rgb[] = {VA_FOURCC_BGRX, VA_FOURCC_BGRA, VA_FOURCC_RGBX, VA_FOURCC_RGBA};
	const uint32_t get = VA_SURFACE_ATTRIB_GETTABLE, both = get | VA_SURFACE_ATTRIB_SETTABLE;
	uint32_t memory = VA_SURFACE_ATTRIB_MEM_TYPE_VA, least = config_encodes(config) ? MACROBLOCK : 1;
	unsigned count = 0;
	to[count++] = integer(VASurfaceAttribPixelFormat, both, VA_FOURCC_NV12);
	for (size_t i = 0; i < ARRAY_LEN(rgb) && !config_encodes(config); i++)
		to[count++] = integer(VASurfaceAttribPixelFormat, both, rgb[i]);
	to[count++] = integer(VASurfaceAttribMinWidth, get, least);
	to[count++] = integer(VASurfaceAttribMinHeight, get, least);
	to[count++] = integer(VASurfaceAttribMaxWidth, get, SIDE_MAX);
	to[count++] = integer(VASurfaceAttribMaxHeight, get, SIDE_MAX);
	if (!driver->options.noimport) {
		memory |= VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2;
		to[count++] = (VASurfaceAttrib){.type = VASurfaceAttribExternalBufferDescriptor,
			.flags = VA_SURFACE_ATTRIB_SETTABLE,
			.value = {.type = VAGenericValueTypePointer}};
	}
	to[count++] = integer(VASurfaceAttribMemoryType, both, memory);
	return count;
}

static VAStatus query_surface_attributes(
	VADriverContextP context, VAConfigID id, VASurfaceAttrib *attributes, unsigned *count) {
	DRIVER_HOLD(driver, context);
	const struct config *config = driver_find(driver, id, KIND_CONFIG);
	VASurfaceAttrib all[MOST_ATTRIBUTES];
	if (!config)
		return VA_STATUS_ERROR_INVALID_CONFIG;
	unsigned room = *count;
	*count = list_attributes(driver, config, all);
	if (!attributes)
		return VA_STATUS_SUCCESS;
	if (room < *count)
		return VA_STATUS_ERROR_MAX_NUM_EXCEEDED;
	for (unsigned i = 0; i < *count; i++)
		attributes[i] = all[i];
	return VA_STATUS_SUCCESS;
}

void config_fill(struct VADriverVTable *table) {
	table->vaQueryConfigProfiles = query_profiles;
	table->vaQueryConfigEntrypoints = query_entrypoints;
	table->vaGetConfigAttributes = get_attributes;
	table->vaCreateConfig = create_config;
	table->vaDestroyConfig = destroy_config;
	table->vaQueryConfigAttributes = query_config;
	table->vaQuerySurfaceAttributes = query_surface_attributes;
}
