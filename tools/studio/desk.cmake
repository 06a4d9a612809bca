# A tab of the studio without its server, so that tests can sit down at one: the rooms that answer, and those of the
# program that they stand on. studio.cmake has found libturbojpeg.
find_package(Threads REQUIRED)
add_library(gb_desk STATIC
  studio/desk.c studio/stage.c studio/messages.c studio/answers.c studio/works.c studio/folder.c studio/jpeg.c
  studio/frame.c studio/network.c studio/look.c studio/maps.c studio/clusters.c studio/pick.c studio/saving.c
  studio/film.c
  program/arguments.c program/host.c inputs/classes.c inputs/inputs.c inputs/latents.c inputs/latent_numbers.c inputs/open_model.c inputs/seeds.c
  bending/recipes.c bending/picture_recipe.c pictures/pictures.c)
target_include_directories(gb_desk PUBLIC ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/studio)
target_link_libraries(gb_desk PUBLIC ganbend_static PkgConfig::JANSSON Threads::Threads
                              PRIVATE PkgConfig::TURBOJPEG m)
