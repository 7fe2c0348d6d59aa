// The shape of JUnit 4, as far as the Android project's tests use it.
package org.junit

@Target(AnnotationTarget.FUNCTION)
annotation class Test

object Assert {
    fun assertEquals(expected: Any?, actual: Any?) {
        if (expected != actual) throw AssertionError("expected $expected, came $actual")
    }

    fun assertNull(value: Any?) = assertEquals(null, value)

    fun assertTrue(value: Boolean) = assertEquals(true, value)

    fun assertFalse(value: Boolean) = assertEquals(false, value)
}
