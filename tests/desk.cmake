# The studio's desks, without a server or a browser.
if(TARGET gb_desk)
  gb_test(test_desk SOURCES test_desk.c LIBS gb_desk PkgConfig::TURBOJPEG)
endif()
