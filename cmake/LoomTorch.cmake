# SPDX-License-Identifier: Apache-2.0
# Defines loom::torch and LOOM_TORCH_VERSION. A LibTorch that the user names comes first (Torch_DIR, CMAKE_PREFIX_PATH),
# then the wheel in .venv. The wheel gets a target of our own: its CMake package adds stray run paths and, for a CUDA
# build, fails without the toolkit.

add_library(loom::torch INTERFACE IMPORTED GLOBAL)

# The torch package in .venv, or empty.
function(loom_find_wheel out)
  file(GLOB found ${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch/version.py)
  set(${out} "" PARENT_SCOPE)
  if(found)
    list(GET found 0 found)
    get_filename_component(found ${found} DIRECTORY)
    set(${out} ${found} PARENT_SCOPE)
  endif()
endfunction()

# Version and CUDA release ("" for a CPU build) as torch/version.py says them.
function(loom_read_wheel root version cuda)
  file(READ ${root}/version.py text)
  set(release "")
  if(text MATCHES "\ncuda[^=\n]*= *'([^']+)'")
    set(release ${CMAKE_MATCH_1})
  endif()
  string(REGEX MATCH "__version__ *= *'([^']+)'" ignored "${text}")
  set(${version} ${CMAKE_MATCH_1} PARENT_SCOPE)
  set(${cuda} "${release}" PARENT_SCOPE)
endfunction()

# --no-as-needed: nothing refers to libtorch_cpu's kernels by name, they register themselves when loaded.
function(loom_use_wheel root cuda)
  set(libraries ${root}/lib/libtorch.so ${root}/lib/libtorch_cpu.so ${root}/lib/libc10.so)
  set(run_paths ${root}/lib)
  if(cuda)
    list(APPEND libraries ${root}/lib/libtorch_cuda.so ${root}/lib/libc10_cuda.so)
    file(GLOB vendor ${root}/../nvidia/*/lib)
    list(APPEND run_paths ${vendor})
  endif()
  list(TRANSFORM run_paths REPLACE "(.+)" "-Wl,-rpath,\\1;-Wl,-rpath-link,\\1" OUTPUT_VARIABLE link_paths)
  target_include_directories(loom::torch SYSTEM INTERFACE ${root}/include ${root}/include/torch/csrc/api/include)
  target_link_options(loom::torch INTERFACE ${link_paths})
  target_link_libraries(loom::torch INTERFACE -Wl,--no-as-needed ${libraries} -Wl,--as-needed)
endfunction()

if(Torch_DIR OR DEFINED ENV{Torch_DIR})
  find_package(Torch CONFIG REQUIRED)
elseif(CMAKE_PREFIX_PATH OR DEFINED ENV{CMAKE_PREFIX_PATH})
  find_package(Torch CONFIG QUIET)  # the path may be there for other libraries
endif()

loom_find_wheel(LOOM_WHEEL)
if(Torch_FOUND)
  set(LOOM_TORCH_VERSION ${Torch_VERSION})
  separate_arguments(torch_flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
  target_compile_options(loom::torch INTERFACE ${torch_flags})
  target_include_directories(loom::torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  target_link_libraries(loom::torch INTERFACE ${TORCH_LIBRARIES})
  message(STATUS "LibTorch ${LOOM_TORCH_VERSION} at ${TORCH_INSTALL_PREFIX}")
elseif(LOOM_WHEEL)
  loom_read_wheel(${LOOM_WHEEL} LOOM_TORCH_VERSION LOOM_TORCH_CUDA)
  loom_use_wheel(${LOOM_WHEEL} "${LOOM_TORCH_CUDA}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${LOOM_WHEEL}/version.py)
  if(LOOM_TORCH_CUDA)
    message(STATUS "LibTorch ${LOOM_TORCH_VERSION}, a CUDA ${LOOM_TORCH_CUDA} build, from .venv; "
                   "LOOM_TORCH_INDEX names an index with a CPU build to scripts/setup")
  else()
    message(STATUS "LibTorch ${LOOM_TORCH_VERSION} (CPU) from .venv")
  endif()
else()
  message(FATAL_ERROR "LibTorch not found. Run scripts/setup, or give -DTorch_DIR=<prefix>/share/cmake/Torch")
endif()
if(NOT LOOM_TORCH_VERSION MATCHES "^2\\.13")
  message(WARNING "LibTorch ${LOOM_TORCH_VERSION} is untested; this project is tested with 2.13")
endif()

# record_function.h has a member only without NDEBUG; LibTorch's builds have it set, so every user must too.
target_compile_definitions(loom::torch INTERFACE NDEBUG LOOM_TORCH_BUILD="${LOOM_TORCH_VERSION}")
