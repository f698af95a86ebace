# SPDX-License-Identifier: GPL-2.0-or-later
# The package: pkgs.callPackage ./package.nix { }
{ lib, stdenv, cmake, gmp, gnutls, jansson, libcap, libdrm, libglvnd, libjpeg, libseccomp, libuv, libva, libvncserver
, libxkbcommon, makeWrapper, mesa, nettle, ninja, pam, pkg-config, systemd, wslay, x264 }:

stdenv.mkDerivation {
  pname = "zerovnc";
  version = "0.1.0";
  src = lib.cleanSource ../..;

  nativeBuildInputs = [ cmake makeWrapper ninja pkg-config ];
  buildInputs = [
    gmp gnutls jansson libcap libdrm libglvnd libjpeg libseccomp libuv libva libvncserver libxkbcommon mesa nettle pam systemd
    wslay x264
  ];
  # NixOS writes /etc by itself: module.nix has the rules of PAM and the settings. These are only examples.
  cmakeFlags = [ "-DZEROVNC_TESTS=OFF" "-DCMAKE_INSTALL_SYSCONFDIR=share/zerovnc" ];

  # libEGL, libgbm, libva and libx264 are loaded at run time.
  postInstall = ''
    wrapProgram $out/bin/zerovnc --prefix LD_LIBRARY_PATH : ${lib.makeLibraryPath [ libglvnd libva mesa x264 ]}
  '';

  meta = {
    description = "VNC server for what the display hardware scans out";
    license = lib.licenses.gpl2Plus;
    platforms = lib.platforms.linux;
    mainProgram = "zerovnc";
  };
}
