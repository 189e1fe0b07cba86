# SPDX-License-Identifier: Apache-2.0
# The folder is the list. Every <folder>/<name>.cpp defines `<type> loom::<kind>s::<name>()`, and the generated table
# `std::vector<type> loom::all_<kind>s()`, declared in <header>, calls them in alphabetical order. A file that begins
# with an underscore is compiled but not listed. LOOM_EXTRA/<last part of folder>/*.cpp joins the same table.

# loom_components(out kind type folder header): `out` becomes the sources, generated table included.
function(loom_components out kind type folder header)
  set(plural ${kind}s)
  set(patterns ${CMAKE_SOURCE_DIR}/${folder}/*.cpp)
  if(LOOM_EXTRA)
    get_filename_component(leaf ${folder} NAME)
    list(APPEND patterns ${LOOM_EXTRA}/${leaf}/*.cpp)
    file(GLOB extra_sources ${LOOM_EXTRA}/${leaf}/*.cpp)
    set_source_files_properties(${extra_sources} PROPERTIES INCLUDE_DIRECTORIES ${LOOM_EXTRA})
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${patterns})

  set(names "")
  foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    if(name MATCHES "^_")
      continue()
    endif()
    if(NOT name MATCHES "^[a-z][a-z0-9_]*$")
      message(FATAL_ERROR "${source}: the file's name is the ${kind}'s name: small letters, digits and underscores")
    endif()
    if(name IN_LIST names)
      message(FATAL_ERROR "${source}: there is a ${kind} '${name}' already; rename the file and its function")
    endif()
    list(APPEND names ${name})
    set_property(GLOBAL APPEND PROPERTY LOOM_COMPONENTS ${kind}/${name}=${source})
  endforeach()
  list(SORT names)

  set(declarations "")
  set(calls "")
  foreach(name IN LISTS names)
    string(APPEND declarations "${type} ${name}();\n")
    list(APPEND calls "${plural}::${name}()")
  endforeach()
  list(JOIN calls ", " calls)
  set(table ${CMAKE_BINARY_DIR}/generated/${plural}_list.cpp)
  configure_file(${CMAKE_SOURCE_DIR}/cmake/list.cpp.in ${table} @ONLY)
  set_source_files_properties(${table} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  set(${out} ${sources} ${table} PARENT_SCOPE)
endfunction()

# An extra folder in which nothing is found is a mistyped path.
if(LOOM_EXTRA)
  file(GLOB_RECURSE extra_sources ${LOOM_EXTRA}/*.cpp)
  if(NOT extra_sources)
    message(FATAL_ERROR "LOOM_EXTRA=${LOOM_EXTRA} holds no .cpp; expected architectures/, backbones/, layers/, "
                        "partitions/, births/, combiners/ or tasks/ in it")
  endif()
endif()
