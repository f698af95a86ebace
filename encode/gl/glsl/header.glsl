// SPDX-License-Identifier: GPL-2.0-or-later
// Every shader begins with this, after "#version" and the "#define"s of the variant.
#ifdef EXTERNAL_SAMPLERS
#if __VERSION__ >= 300
#extension GL_OES_EGL_image_external_essl3 : require
#else
#extension GL_OES_EGL_image_external : require
#endif
#endif

// The default precision of an external sampler is lowp, so everything here says highp.
#if __VERSION__ < 300 && !defined(GL_FRAGMENT_PRECISION_HIGH) && !defined(VERTEX)
#error fragment shaders of this GPU have no highp floats
#endif
precision highp float;
precision highp int;

#if __VERSION__ >= 300
#define FETCH(sampler, texel, size) texelFetch(sampler, texel, 0)
#define SAMPLE(sampler, texel, size) texture(sampler, (vec2(texel) + 0.5) / size)
#else
#define FETCH(sampler, texel, size) texture2D(sampler, (vec2(texel) + 0.5) / size)
#define SAMPLE FETCH
#endif
