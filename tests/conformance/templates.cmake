# The table of template cases against the real promtool.
add_test(NAME conformance.templates
         COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_LIST_DIR}/template_promtool.py
                 ${CMAKE_CURRENT_SOURCE_DIR}/unit/rules/templates/cases.txt)
set_tests_properties(conformance.templates PROPERTIES LABELS "conformance;rules" TIMEOUT 120 SKIP_RETURN_CODE 77)
