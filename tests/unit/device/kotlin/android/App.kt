// The shape of android.app, as far as the Android project uses it: names and types written from knowledge of the API, not compared.
// Java's getters and setters are properties here, as Kotlin reads them. An activity shows nothing.
package android.app

import android.content.Context
import android.content.Intent
import android.os.Bundle
import android.view.View

open class Activity : Context(java.io.File(".")) {
    protected open fun onCreate(savedInstanceState: Bundle?) {}

    protected open fun onStart() {}

    protected open fun onStop() {}

    protected open fun onActivityResult(requestCode: Int, resultCode: Int, data: Intent?) {}

    fun setContentView(layoutResID: Int) {
        require(layoutResID != 0)
    }

    fun <T : View> findViewById(id: Int): T = throw UnsupportedOperationException("view $id")

    fun startActivityForResult(intent: Intent, requestCode: Int) {
        require(intent.action.isNotEmpty() && requestCode >= 0)
    }

    companion object {
        const val RESULT_OK = -1
    }
}
