# Run by CPack between installing and packing: what Debian asks of the files. Manual pages and changelogs are compressed without
# a time, the changelog has Debian's name and one of Debian's own beside it, and LICENSE is in `copyright`.
file(GLOB_RECURSE pages ${CPACK_TEMPORARY_DIRECTORY}/*.1)
list(FILTER pages INCLUDE REGEX "/man/man1/")
file(GLOB_RECURSE logs ${CPACK_TEMPORARY_DIRECTORY}/*/CHANGELOG.md)
file(GLOB_RECURSE licences ${CPACK_TEMPORARY_DIRECTORY}/*/LICENSE)
foreach(log IN LISTS logs)
  get_filename_component(folder ${log} DIRECTORY)
  file(RENAME ${log} ${folder}/changelog)
  string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)
  file(WRITE ${folder}/changelog.Debian "ganbend (${CPACK_PACKAGE_VERSION}-1) unstable; urgency=medium

  * Version ${CPACK_PACKAGE_VERSION}; changelog.gz has the changes.

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
")
  list(APPEND pages ${folder}/changelog ${folder}/changelog.Debian)
endforeach()
foreach(page IN LISTS pages)
  if(NOT page MATCHES "[.]gz$")
    execute_process(COMMAND gzip -9 -n -f ${page} COMMAND_ERROR_IS_FATAL ANY)
  endif()
endforeach()
if(licences)
  file(REMOVE ${licences})
endif()
