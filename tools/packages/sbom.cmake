# Writes ganbend.spdx.json (SPDX 2.3) into the build folder: what this build is made of, with the versions and licences of the
# libraries that it links. The time is SOURCE_DATE_EPOCH's, so that two builds of one source agree.
find_package(PkgConfig REQUIRED)

# dependency(CONDITION MODULE LICENCE): a library known to pkg-config, if the build uses it.
set(sbom_packages "")
set(sbom_links "")
function(dependency used module licence)
  if(NOT ${used})
    return()
  endif()
  pkg_check_modules(SBOM_${module} QUIET ${module})
  string(REGEX REPLACE "[^A-Za-z0-9.]" "-" id "SPDXRef-${module}")
  string(APPEND sbom_packages ",
    {\"SPDXID\": \"${id}\", \"name\": \"${module}\", \"versionInfo\": \"${SBOM_${module}_VERSION}\",
     \"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false, \"licenseConcluded\": \"${licence}\",
     \"licenseDeclared\": \"${licence}\", \"copyrightText\": \"NOASSERTION\"}")
  string(APPEND sbom_links ",
    {\"spdxElementId\": \"SPDXRef-ganbend\", \"relationshipType\": \"DEPENDS_ON\", \"relatedSpdxElement\": \"${id}\"}")
  set(sbom_packages "${sbom_packages}" PARENT_SCOPE)
  set(sbom_links "${sbom_links}" PARENT_SCOPE)
endfunction()
dependency(TRUE zlib Zlib)
dependency(GANBEND_PNG libpng libpng-2.0)
dependency(GANBEND_RECIPES yaml-0.1 MIT)
dependency(GANBEND_OPENBLAS openblas BSD-3-Clause)
dependency(GANBEND_TOOLS jansson MIT)
if(GANBEND_TOOLS)
  dependency(GANBEND_CAIRO cairo "LGPL-2.1-only OR MPL-1.1")
  dependency(GANBEND_STUDIO libwebsockets MIT)
  dependency(GANBEND_STUDIO libturbojpeg "BSD-3-Clause AND IJG AND Zlib")
  if(GANBEND_STUDIO)
    dependency(GANBEND_OSC liblo LGPL-2.1-or-later)
  endif()
endif()

string(TIMESTAMP created "%Y-%m-%dT%H:%M:%SZ" UTC)
string(SHA256 fingerprint "${PROJECT_VERSION}${sbom_packages}${CMAKE_C_COMPILER_ID}${CMAKE_C_COMPILER_VERSION}${CMAKE_SYSTEM_PROCESSOR}")
string(SUBSTRING ${fingerprint} 0 32 fingerprint)
file(WRITE ${PROJECT_BINARY_DIR}/ganbend.spdx.json "{
  \"spdxVersion\": \"SPDX-2.3\", \"dataLicense\": \"CC0-1.0\", \"SPDXID\": \"SPDXRef-DOCUMENT\",
  \"name\": \"ganbend-${PROJECT_VERSION}\",
  \"documentNamespace\": \"https://spdx.org/spdxdocs/ganbend-${PROJECT_VERSION}-${fingerprint}\",
  \"creationInfo\": {\"created\": \"${created}\", \"creators\": [\"Tool: CMake-${CMAKE_VERSION}\"]},
  \"packages\": [
    {\"SPDXID\": \"SPDXRef-ganbend\", \"name\": \"ganbend\", \"versionInfo\": \"${PROJECT_VERSION}\",
     \"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false, \"licenseConcluded\": \"MIT\", \"licenseDeclared\": \"MIT\",
     \"copyrightText\": \"Copyright (c) 2026 the ganbend authors\",
     \"sourceInfo\": \"${CMAKE_SYSTEM_NAME} ${CMAKE_SYSTEM_PROCESSOR}, ${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}, ${CMAKE_BUILD_TYPE}\"}${sbom_packages}
  ],
  \"relationships\": [
    {\"spdxElementId\": \"SPDXRef-DOCUMENT\", \"relationshipType\": \"DESCRIBES\", \"relatedSpdxElement\": \"SPDXRef-ganbend\"}${sbom_links}
  ]
}
")
