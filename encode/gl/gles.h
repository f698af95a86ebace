/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gles: OpenGL ES's entry points, looked up once, and which of the extensions that we use this context has.
 *
 * Nothing is linked, so the program also runs on a machine without GL, and says what is missing.
 */
#ifndef ZEROVNC_GLES_H
#define ZEROVNC_GLES_H

#include <stdbool.h>
#include <stdint.h>

#ifndef GL_GLES_PROTOTYPES
#define GL_GLES_PROTOTYPES 0
#endif
#include <GLES3/gl32.h>

#include <GLES2/gl2ext.h>

#include "capture/base/reason.h"

/* X(the name without "gl", its type): what every OpenGL ES 2.0 has. */
#define GLES_2_0(X)                                                                                          \
	X(ActiveTexture, PFNGLACTIVETEXTUREPROC)                                                             \
	X(AttachShader, PFNGLATTACHSHADERPROC)                                                               \
	X(BindAttribLocation, PFNGLBINDATTRIBLOCATIONPROC)                                                   \
	X(BindBuffer, PFNGLBINDBUFFERPROC)                                                                   \
	X(BindFramebuffer, PFNGLBINDFRAMEBUFFERPROC)                                                         \
	X(BindTexture, PFNGLBINDTEXTUREPROC)                                                                 \
	X(BufferData, PFNGLBUFFERDATAPROC)                                                                   \
	X(BufferSubData, PFNGLBUFFERSUBDATAPROC)                                                             \
	X(CheckFramebufferStatus, PFNGLCHECKFRAMEBUFFERSTATUSPROC)                                           \
	X(Clear, PFNGLCLEARPROC)                                                                             \
	X(ClearColor, PFNGLCLEARCOLORPROC)                                                                   \
	X(CompileShader, PFNGLCOMPILESHADERPROC)                                                             \
	X(CreateProgram, PFNGLCREATEPROGRAMPROC)                                                             \
	X(CreateShader, PFNGLCREATESHADERPROC)                                                               \
	X(DeleteBuffers, PFNGLDELETEBUFFERSPROC)                                                             \
	X(DeleteFramebuffers, PFNGLDELETEFRAMEBUFFERSPROC)                                                   \
	X(DeleteProgram, PFNGLDELETEPROGRAMPROC)                                                             \
	X(DeleteShader, PFNGLDELETESHADERPROC)                                                               \
	X(DeleteTextures, PFNGLDELETETEXTURESPROC)                                                           \
	X(Disable, PFNGLDISABLEPROC)                                                                         \
	X(DrawArrays, PFNGLDRAWARRAYSPROC)                                                                   \
	X(Enable, PFNGLENABLEPROC)                                                                           \
	X(EnableVertexAttribArray, PFNGLENABLEVERTEXATTRIBARRAYPROC)                                         \
	X(Finish, PFNGLFINISHPROC)                                                                           \
	X(Flush, PFNGLFLUSHPROC)                                                                             \
	X(FramebufferTexture2D, PFNGLFRAMEBUFFERTEXTURE2DPROC)                                               \
	X(GenBuffers, PFNGLGENBUFFERSPROC)                                                                   \
	X(GenFramebuffers, PFNGLGENFRAMEBUFFERSPROC)                                                         \
	X(GenTextures, PFNGLGENTEXTURESPROC)                                                                 \
	X(GetError, PFNGLGETERRORPROC)                                                                       \
	X(GetIntegerv, PFNGLGETINTEGERVPROC)                                                                 \
	X(GetProgramInfoLog, PFNGLGETPROGRAMINFOLOGPROC)                                                     \
	X(GetProgramiv, PFNGLGETPROGRAMIVPROC)                                                               \
	X(GetShaderInfoLog, PFNGLGETSHADERINFOLOGPROC)                                                       \
	X(GetShaderiv, PFNGLGETSHADERIVPROC)                                                                 \
	X(GetString, PFNGLGETSTRINGPROC)                                                                     \
	X(GetUniformLocation, PFNGLGETUNIFORMLOCATIONPROC)                                                   \
	X(LinkProgram, PFNGLLINKPROGRAMPROC)                                                                 \
	X(PixelStorei, PFNGLPIXELSTOREIPROC)                                                                 \
	X(ReadPixels, PFNGLREADPIXELSPROC)                                                                   \
	X(Scissor, PFNGLSCISSORPROC)                                                                         \
	X(ShaderSource, PFNGLSHADERSOURCEPROC)                                                               \
	X(TexImage2D, PFNGLTEXIMAGE2DPROC)                                                                   \
	X(TexParameteri, PFNGLTEXPARAMETERIPROC)                                                             \
	X(TexSubImage2D, PFNGLTEXSUBIMAGE2DPROC)                                                             \
	X(Uniform1i, PFNGLUNIFORM1IPROC)                                                                     \
	X(Uniform2i, PFNGLUNIFORM2IPROC)                                                                     \
	X(Uniform4i, PFNGLUNIFORM4IPROC)                                                                     \
	X(Uniform2f, PFNGLUNIFORM2FPROC)                                                                     \
	X(Uniform3fv, PFNGLUNIFORM3FVPROC)                                                                   \
	X(Uniform4fv, PFNGLUNIFORM4FVPROC)                                                                   \
	X(UniformMatrix4fv, PFNGLUNIFORMMATRIX4FVPROC)                                                       \
	X(UseProgram, PFNGLUSEPROGRAMPROC)                                                                   \
	X(VertexAttribPointer, PFNGLVERTEXATTRIBPOINTERPROC)                                                 \
	X(Viewport, PFNGLVIEWPORTPROC)

/* What contexts of version 3.0 or 3.1 and the extensions add. NULL if this context lacks it. */
#define GLES_LATER(X)                                                                                        \
	X(BindBufferRange, PFNGLBINDBUFFERRANGEPROC, "glBindBufferRange")                                    \
	X(ClientWaitSync, PFNGLCLIENTWAITSYNCPROC, "glClientWaitSync")                                       \
	X(CopyBufferSubData, PFNGLCOPYBUFFERSUBDATAPROC, "glCopyBufferSubData")                              \
	X(DeleteSync, PFNGLDELETESYNCPROC, "glDeleteSync")                                                   \
	X(FenceSync, PFNGLFENCESYNCPROC, "glFenceSync")                                                      \
	X(MapBufferRange, PFNGLMAPBUFFERRANGEPROC, "glMapBufferRange")                                       \
	X(UnmapBuffer, PFNGLUNMAPBUFFERPROC, "glUnmapBuffer")                                                \
	X(Uniform1ui, PFNGLUNIFORM1UIPROC, "glUniform1ui")                                                   \
	X(Uniform4iv, PFNGLUNIFORM4IVPROC, "glUniform4iv")                                                   \
	X(DispatchCompute, PFNGLDISPATCHCOMPUTEPROC, "glDispatchCompute")                                    \
	X(MemoryBarrier, PFNGLMEMORYBARRIERPROC, "glMemoryBarrier")                                          \
	X(BufferStorage, PFNGLBUFFERSTORAGEEXTPROC, "glBufferStorageEXT")                                    \
	X(DebugMessageCallback, PFNGLDEBUGMESSAGECALLBACKKHRPROC, "glDebugMessageCallbackKHR")               \
	X(GetGraphicsResetStatus, PFNGLGETGRAPHICSRESETSTATUSEXTPROC, "glGetGraphicsResetStatusEXT")         \
	X(ImageTargetTexture2D, PFNGLEGLIMAGETARGETTEXTURE2DOESPROC, "glEGLImageTargetTexture2DOES")         \
	X(ImageTargetTexStorage, PFNGLEGLIMAGETARGETTEXSTORAGEEXTPROC, "glEGLImageTargetTexStorageEXT")

struct gles {
	int version;           /* 20, 30, 31 or 32 */
	GLint largest_texture; /* in pixels per side; 0 if it does not say */
	char renderer[128];
	/* Extensions. If one is true, its entry points below are not NULL. */
	bool buffer_storage, robustness, debug;
	bool image, image_external, image_external_essl3, image_storage;

#define GLES_MEMBER(name, type, ...) type name;
	GLES_2_0(GLES_MEMBER)
	GLES_LATER(GLES_MEMBER)
#undef GLES_MEMBER
};

typedef void (*gles_function)(void);

/*
 * Fills `gles` for the current context. `lookup` is eglGetProcAddress or behaves like it. 0, or -ENOSYS with
 * what is missing.
 */
int gles_init(struct gles *gles, gles_function (*lookup)(const char *name), struct reason *reason);

/* Whether a renderer of this name (GL_RENDERER) draws on the CPU. */
bool gles_is_software(const char *renderer);

/* Whether a texture can have this size. 0, or -ENOTSUP with a reason. */
int gles_check_size(const struct gles *gles, uint32_t width, uint32_t height, struct reason *reason);

/* Has the texture that is bound to `target` sampled texel by texel, and nothing beyond its edges. */
void gles_sample_texels(const struct gles *gles, GLenum target);

/* The name of a GL error, or NULL for GL_NO_ERROR. Takes all errors that were pending. */
const char *gles_error(const struct gles *gles);

#endif
