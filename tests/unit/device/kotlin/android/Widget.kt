// The shape of android.widget, as far as the Android project uses it.
package android.widget

import android.view.View

open class TextView : View() {
    var text: CharSequence = ""
}

open class EditText : TextView()

open class Button : TextView()

open class CheckBox : Button() {
    var isChecked = false
}

open class ProgressBar : View() {
    var progress = 0
}
