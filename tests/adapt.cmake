foreach(subject gbw adapt)
  gb_test(test_${subject} SOURCES test_${subject}.c LIBS gb_weights)
endforeach()
