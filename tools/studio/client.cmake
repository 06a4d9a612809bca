# The studio's clients without its server, so that tests can use them directly, and the parts of the program that they
# need. studio.cmake has found libturbojpeg.
find_package(Threads REQUIRED)
set(analyses studio/analyses_left_out.c)
if(GANBEND_ANALYSIS)
  set(analyses studio/clusters.c studio/find_directions.c studio/measure_units.c studio/project_photo.c
      studio/cluster_samples.c)
endif()
add_library(gb_studio_client STATIC
  studio/client.c studio/worker.c studio/send_queue.c studio/live.c studio/messages.c studio/outgoing.c studio/projects.c
  studio/claim.c studio/folder.c studio/encoder_jpeg.c
  studio/frame.c studio/download.c studio/osc_out.c studio/outputs.c studio/watcher.c studio/network.c studio/pick.c studio/saving.c
  studio/boundary.c studio/extent.c studio/statistics.c studio/maps.c studio/values.c
  studio/thumbnail.c studio/works.c studio/base64.c studio/checkpoints.c studio/opening.c studio/upload.c studio/upload_handlers.c
  studio/film.c studio/film_handlers.c studio/zip.c studio/analysis.c studio/stop.c studio/directions.c
  ${analyses}
  program/end_signals_${GB_SYSTEM}.c program/host_${GB_SYSTEM}.c program/process_${GB_SYSTEM}.c program/sandbox_${GB_SYSTEM}.c
  program/sockets_${GB_SYSTEM}.c
  program/arguments.c program/confirm.c program/error.c program/help.c program/host.c program/json_output.c program/nearest_name.c program/options.c
  program/output_names.c program/progress.c program/report.c program/standard_input.c program/synonyms.c program/interrupt.c program/temporary.c program/text.c
  inputs/classes.c inputs/inputs.c inputs/latents.c inputs/latent_numbers.c inputs/model_cache.c inputs/open_model.c inputs/safe_convert.c inputs/seeds.c
  bending/recipes.c bending/recipe_yaml.c bending/merged_recipe.c bending/picture_recipe.c pictures/pictures.c)
target_include_directories(gb_studio_client PUBLIC ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/studio)
target_link_libraries(gb_studio_client PUBLIC ganbend_static PkgConfig::JANSSON Threads::Threads
                              PRIVATE PkgConfig::TURBOJPEG PkgConfig::YAML ZLIB::ZLIB m)
if(GANBEND_ANALYSIS)
  target_compile_definitions(gb_studio_client PUBLIC GANBEND_ANALYSIS=1)
endif()
