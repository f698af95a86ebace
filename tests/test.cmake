# SPDX-License-Identifier: GPL-2.0-or-later
# zerovnc_test(NAME LIBRARY SOURCE...): a unit test under ctest; exit status 77 is a skip, which says why and is never a pass.
function(zerovnc_test name library)
    add_executable(test_${name} ${ARGN})
    target_link_libraries(test_${name} PRIVATE ${library})
    target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR})
    add_test(NAME ${name} COMMAND test_${name})
    set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120)
endfunction()
