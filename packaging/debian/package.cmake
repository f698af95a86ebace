# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian package, by CPack: cmake --preset package -G Ninja && cmake --build --preset package
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME zerovnc)
set(CPACK_PACKAGE_CONTACT "zerovnc maintainers <zerovnc@localhost>" CACHE STRING "The maintainer of the Debian package")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "VNC server for what the display hardware scans out")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Serves what a Linux machine's display hardware is really showing, to any VNC
viewer: its login screen, its text console, any Wayland compositor or X, on
laptops, servers with a BMC chip, virtual machines and boards. It reads the
scanout by DRM and needs no compositor's permission.
.
The service is not started automatically: `systemctl enable --now zerovnc`
starts it. It listens on this machine's loopback address unless
/etc/zerovnc.conf says otherwise.")
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS libpam-runtime) # common-auth
# These are loaded at run time if they are installed.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libegl1, libgbm1, libgl1-mesa-dri, libgles2, libx11-data, xkb-data")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS novnc)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMAKE_CURRENT_SOURCE_DIR}/debian/conffiles
    ${CMAKE_CURRENT_SOURCE_DIR}/debian/postinst
    ${CMAKE_CURRENT_SOURCE_DIR}/debian/prerm
    ${CMAKE_CURRENT_SOURCE_DIR}/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_SET_DESTDIR ON) # for files that are installed by an absolute path
set(CPACK_INSTALL_PREFIX /usr)
include(CPack)
