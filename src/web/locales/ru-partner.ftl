# Слова страниц для партнёров и страниц операторов о партнёрах по-русски; те же ключи стоят в en-partner.ftl.

## Вход

pt-foot = Партнёрам
pt-sign-in = Вход для партнёров
pt-apply-ask = Ещё не партнёр?
pt-apply = Стать партнёром
pt-apply-text = Расскажите о себе. После подтверждения адреса заявку посмотрит наш сотрудник; войти и подготовить подключение можно сразу.
pt-apply-name = Название
pt-apply-name-hint = Вашей сети или магазина.
pt-apply-site = Сайт
pt-apply-format = Формат вызовов
pt-apply-format-hint = Сеть, через которую вы работаете. Если её нет в списке, выберите первый пункт и напишите ниже, что у вас есть.
pt-apply-note = Что ещё нам стоит знать
pt-apply-person = Ваше имя
pt-apply-send = Подать заявку
pt-format-direct = Без сети: наш простой формат
invalid-site = Напишите адрес целиком, с https:// в начале.
invalid-adapter = Выберите один из форматов.
invalid-person = Нужно от 1 до 100 знаков в одной строке.

## Главная партнёра

pt-home = Партнёр
pt-nav-home = Обзор
pt-nav-money = Деньги
pt-waiting = Заявку смотрит сотрудник. Можно всё подготовить и пользоваться стендом; вызовы не принимаются, пока заявка не одобрена.
pt-declined = Ваша заявка отклонена.
pt-paused = Работа приостановлена: вызовы не принимаются. Напишите нам.
pt-owed = вы должны нам за подтверждённые заказы
pt-expected = добавится, если ожидающие заказы подтвердятся
pt-open-claims = { $count ->
    [one] обращение ждёт вашего ответа
    [few] обращения ждут вашего ответа
   *[many] обращений ждут вашего ответа
}
pt-checklist = Подключение
pt-checklist-done = { $done } из { $all }
pt-calls = Вызовы
pt-calls-all = Все вызовы
pt-looked-at = { $count ->
    [one] Последний { $count } вызов.
    [few] Последние { $count } вызова.
   *[many] Последние { $count } вызовов.
}
pt-last-call = Самый новый пришёл
pt-no-calls = Вызовов пока нет.
pt-clicks = Переходы
pt-step-is-done = (сделано)
pt-step-is-open = (ещё нет)
pt-step-against = { $count ->
    [one] { $count } вызов
    [few] { $count } вызова
   *[many] { $count } вызовов
}
pt-step-secret = Секрет задан
pt-step-secret-todo = Создайте секрет в настройках.
pt-step-authentic = Первый подлинный вызов
pt-step-authentic-todo = Укажите в своей сети адрес из настроек вместе с секретом и отправьте пробный вызов.
pt-step-matched = Первый вызов, для которого нашёлся переход
pt-step-matched-todo = Перейдите отсюда в свой магазин, купите что-нибудь и сообщите о заказе с меткой перехода из ссылки.
pt-step-pending = Первый ожидающий заказ
pt-step-pending-todo = Сообщайте о заказе сразу, ещё до проверки.
pt-step-confirmed = Первый подтверждённый заказ
pt-step-confirmed-todo = Сообщите о заказе ещё раз, когда он станет окончательным.
pt-step-declined = Первый отклонённый заказ
pt-step-declined-todo = Сообщайте и об отменах, с причиной: её читают покупатели.
pt-step-repeat = Повтор замечен и ничего не изменил
pt-step-repeat-todo = Отправьте один вызов дважды: на второй должен прийти ответ «unchanged».
pt-step-calm = За последние сутки не было непринятых вызовов
pt-step-calm-todo = Посмотрите непринятые в разделе «Вызовы»: чаще всего неверен секрет.
pt-step-settled = Ни один вызов не ждёт проверки
pt-step-settled-todo = Посмотрите оставленные для проверки в разделе «Вызовы», исправьте указанное и обработайте их снова.

## Настройки

pt-settings = Настройки
pt-address = Адрес для вызовов
pt-address-text = Укажите этот адрес в своей сети, оставив подстановки как есть.
pt-address-secret = Вместо SECRET подставьте свой секрет; он виден только при создании.
pt-format = Формат
pt-auth = Как вызов доказывает, что он ваш
pt-notes = Что нужно знать об этом формате
pt-secrets = Секреты
pt-secret-since = Создан
pt-secret-until = принимается до
pt-secret-none = Секрета нет.
pt-secret-new = Создать новый секрет
pt-keep-hours = Сколько часов ещё действует старый секрет
pt-keep-hours-hint = От 0 до 720. Пока действуют оба, ничего не теряется.
pt-limits = Лимиты
pt-limits-text = Что выше них, ждёт нашего сотрудника. Чтобы изменить лимиты, напишите нам.
pt-currency = Валюта сумм без валюты
pt-time-zone = Пояс времени без пояса
pt-max-commission = Наибольшая комиссия без проверки
pt-max-order = Наибольший заказ без проверки
pt-none-set = не задано
pt-no-limit = без лимита
pt-tokens = Токены API
pt-tokens-text = Для ваших программ.
pt-api = Об API
pt-tokens-none = Токенов нет.
pt-token-name = Для чего он
pt-token-days = Сколько дней действует (пусто: бессрочно)
pt-token-new = Создать токен
pt-token-end = Отозвать
pt-people = Сотрудники
pt-people-none = Пока никого.
pt-person-name = Имя
pt-person-invite = Пригласить
pt-person-invited = приглашение отправлено
pt-person-blocked = доступ закрыт
pt-person-own = это вы
pt-person-block = Закрыть доступ
pt-person-unblock = Открыть доступ
pt-once-secret = Ваш новый секрет
pt-once-token = Ваш новый токен
pt-once-text = Он виден только сейчас. Скопируйте его, прежде чем уйти с этой страницы.
pt-once-address = Адрес вместе с секретом:
pt-once-old = Прежние секреты принимаются до
pt-once-done = Скопировано
flash-token-ended = Токен отозван.
flash-person-invited = Письмо со ссылкой отправлено.
flash-person-changed = Готово.
invalid-keep-hours = Нужно целое число от 0 до 720.
invalid-token-name = Нужно от 1 до 100 знаков.
invalid-expires-in-days = Нужно целое число от 1 до 3650 или пустое поле.
refused-own-account = Закрыть доступ самому себе нельзя.
refused-status-unchanged = Это уже сделано.
refused-too-many-people = Больше сотрудников добавить нельзя.

## Вызовы

pt-verdict = Что с ним стало
pt-from = С
pt-until = По
pt-number = Заказ, операция или метка
pt-calls-none-fit = Подходящих вызовов нет.
pt-why = Почему:
pt-key = Ваш ключ
pt-order-number = Номер заказа
pt-to-order = К заказу
pt-to-bench = Проверить на стенде
pt-refused-wait = Непринятые вызовы заново обрабатывают только наши сотрудники. Устраните причину и отправьте вызов ещё раз.

## Заказы и переходы

pt-store = Магазин
pt-all-stores = Все магазины
pt-orders-none = Заказов пока нет. Они появятся с вашими первыми вызовами.
pt-no-reason = Причина не указана: это видят и покупатели.
pt-of-it-cashback = Из неё кешбэк покупателя
pt-story-click = Покупатель перешёл в магазин
pt-story-call = Ваш вызов
pt-story-hand = Изменено вашим сотрудником
pt-clicks-text = Все, кого мы направили в ваши магазины. Кто это был, знаем только мы.
pt-clicks-rate = От перехода к заказу
pt-clicks-rate-text = Сколько заказов пришло в этом месяце на сто переходов того же месяца. Если месяц слишком давний для подсчёта, стоит прочерк.
pt-clicks-none = Переходов пока нет.
pt-clicks-more = Среди этих нет; смотрите более старые.
pt-click-bot = не человек
account-shopper = кешбэк покупателя
pt-month = Месяц

## Отчёты

pt-statement = Отчёт
pt-statement-text = Долг на начало плюс подтверждённое минус отозванное и оплаченное — это долг на конец. «Ожидается» добавится, если подтвердятся ожидающие заказы.
pt-statement-none = К этому времени ничего не было.
pt-months = Месяцы
pt-month-before = Месяц раньше
pt-month-after = Месяц позже
pt-csv = Сохранить таблицей (CSV)
pt-opening = Долг на начало
pt-paid = Оплачено
pt-closing = Долг на конец
pt-expected-short = Ожидается
pt-entries = Из чего он сложился
pt-day = День
pt-what = Что
pt-sum = Сумма

## Стенд

pt-bench = Стенд
pt-bench-text = Посмотрите по шагам, что сделал бы вызов. Ничего не записывается, деньги не двигаются.
pt-bench-result = Что сделал бы вызов
pt-bench-paste = Ваш вызов
pt-bench-method = Метод
pt-bench-url = Адрес или только то, что после вопросительного знака
pt-bench-url-hint = Там, где нужен секрет, напишите SECRET: мы подставим его сами.
pt-bench-more = Заголовки и тело
pt-bench-headers = Заголовки
pt-bench-headers-hint = По одному в строке, например Content-Type: application/json
pt-bench-body = Тело
pt-bench-try = Проверить
pt-bench-share = Проверить и создать ссылку
pt-bench-build = Собрать из полей вашего формата
pt-bench-build-text = Заполните то, что подставила бы сеть. Метка вашего последнего перехода уже стоит.
pt-bench-read = Чтение
pt-bench-read-reports = { $count ->
    [one] Прочитано { $count } сообщение.
    [few] Прочитано { $count } сообщения.
   *[many] Прочитано { $count } сообщений.
}
pt-bench-unreadable = Прочитать не удалось.
pt-bench-auth = Подлинность
pt-bench-auth-good = Вызов ваш, это видно по
pt-bench-auth-bad = Нет доказательства, что вызов ваш. Проверялось:
pt-bench-match = Переход
pt-bench-matched = Относится к переходу
pt-bench-unmatched = Подходящий переход в один из ваших магазинов не найден.
pt-bench-rules = Правила
pt-bench-money = Деньги
pt-bench-no-money = Ничего бы не изменилось.
pt-bench-verdict = Ответ был бы:
pt-link = Ссылка на этот отчёт
pt-link-text = По ней отчёт можно прочитать без входа. Скопируйте её сейчас, она видна один раз. Действует до
pt-links = Действующие ссылки
pt-link-end = Отозвать
pt-shared-text = Отчёт со стенда партнёра; ничего не записано, секреты вырезаны. Создан
pt-shared-until = Ссылка действует до
flash-link-ended = Ссылка больше не действует.
invalid-call-method = Выберите GET или POST.
invalid-headers = Пишите по одному в строке, как «Имя: значение».
refused-report-too-large = Отчёт слишком велик, чтобы его хранить.
refused-too-many-links = Сначала отзовите одну из старых ссылок.

## Изменение заказов вручную

pt-changes = Изменить заказы из файла
pt-changes-text = Загрузите таблицу (CSV), по заказу в строке. Сначала видно, что сделает каждая строка; ничего не меняется, пока вы не согласитесь.
pt-changes-columns = Столбцы: order (заказ), action (confirm, decline или change: подтвердить, отклонить, изменить), amount (сумма), commission (комиссия), reason (причина). Для отказа нужна причина: её читают покупатели. Сумма — это сумма заказа; комиссия меняется соразмерно, если не указана.
pt-changes-file = Файл
pt-changes-paste = Или вставьте строки сюда
pt-changes-upload = Посмотреть, что будет
pt-changes-files = Файлы
pt-changes-none = Файлов пока нет.
pt-changes-lines = { $count ->
    [one] { $count } строка
    [few] { $count } строки
   *[many] { $count } строк
}
pt-changes-applied = выполнен
pt-changes-open = не выполнен
pt-change = Файл изменений
pt-change-can = { $count ->
    [one] { $count } строка меняет заказ.
    [few] { $count } строки меняют заказы.
   *[many] { $count } строк меняют заказы.
}
pt-change-same = { $count ->
    [one] { $count } строка повторяет уже известное.
    [few] { $count } строки повторяют уже известное.
   *[many] { $count } строк повторяют уже известное.
}
pt-change-cannot = { $count ->
    [one] { $count } строку выполнить нельзя.
    [few] { $count } строки выполнить нельзя.
   *[many] { $count } строк выполнить нельзя.
}
pt-change-do = Выполнить
pt-change-do-text = Строки, которые выполнить нельзя, пропускаются. Тот же файл ещё раз ничего не изменит.
pt-change-line = Строка
pt-change-no = Нельзя выполнить
pt-change-nothing = Ничего: это уже известно.
pt-change-commission = комиссия
pt-change-keys = Укажите ключ каждой части:
pt-action-confirm = Подтвердить
pt-action-decline = Отклонить
pt-action-change = Изменить
pt-column-order = заказ
pt-column-action = действие
pt-column-amount = сумма
pt-column-commission = комиссия
pt-column-reason = причина
pt-fault-in = Столбец «{ $column }»:
pt-fault-empty = пусто.
pt-fault-too_many = в строке больше полей, чем в первой.
pt-fault-no_action = напишите confirm, decline или change (подтвердить, отклонить, изменить).
pt-fault-no_amount = нужна сумма больше нуля.
pt-fault-bad_amount = напишите в виде 1000,00: цифр после запятой слишком много, или сумма слишком велика.
pt-fault-not_wanted = для отказа оставьте пустым.
pt-fault-too_long = слишком длинно.
pt-fault-unknown = такого заказа вы не сообщали.
pt-fault-several = этот номер у нескольких частей заказа.
pt-fault-twice = об этом заказе есть другая строка.
pt-fault-closed = заказ отклонён, менять нечего.
pt-fault-changed = заказ только что изменился: посмотрите файл ещё раз.
pt-fault-no_base = сумма заказа здесь неизвестна: укажите комиссию.
flash-changes-done = Файл выполнен.
invalid-file = Эту таблицу не прочитать. В первой строке должны быть названия столбцов, хотя бы order и action; строк не больше 5000.
refused-too-many-files = Файлов, ждущих выполнения, уже слишком много. Выполните часть из них; остальные сами исчезнут через 30 дней.
refused-partner-paused = Работа приостановлена, сейчас ничего изменить нельзя.

## Обращения

pt-claims = Обращения
pt-claims-text = Покупатели, у которых не появился заказ из ваших магазинов.
pt-claims-none = Обращений, ждущих ответа, нет.
pt-claim-paid = Покупатель заплатил
pt-claim-clicked = Покупатель пришёл к вам
pt-claim-accept = Заказ действительно его
pt-claim-accept-text = Расскажите о заказе: он будет учтён так, будто о нём сообщила ваша сеть.
pt-claim-key = Ваш ключ заказа
pt-claim-key-hint = Под каким именем он придёт в ваших вызовах, чтобы следующие его нашли.
pt-claim-pending = Ещё проверяется
pt-claim-confirmed = Окончательный
pt-claim-commission = Сколько вы должны нам за него
pt-claim-answer = Ответ покупателю
pt-claim-do-accept = Принять
pt-claim-decline = Заказ не его
pt-claim-decline-text = Причину прочтёт покупатель.
pt-claim-reason = Причина
pt-claim-do-decline = Отклонить
flash-claim-accepted = Заказ учтён, покупателю отправлен ответ.
flash-claim-turned-down = Обращение отклонено, причину прочтёт покупатель.
invalid-key = Нужно от 1 до 200 знаков.
invalid-commission = Нужна сумма в той же валюте, не меньше нуля.
invalid-claim-answer = Нужно от 1 до 2000 знаков.
refused-key-known = Этот ключ уже у другого заказа.
refused-not-settled = Заказ не удалось учесть.

## Партнёры, для операторов

op-partner-list = Партнёры
op-partners-none = Партнёров пока нет.
op-applications = Заявки
op-application = Заявка
op-application-waiting = решить
op-application-at = Подана
op-application-answer = Слово для письма (для отказа — причина)
op-application-approve = Одобрить
op-application-decline = Отклонить
op-application-declined = Заявка отклонена:
op-partner-active = Работает
op-partner-paused = Приостановлен
op-partner-no-stores = Магазинов пока нет.
op-partner-run = Приём вызовов
op-partner-run-active = Вызовы партнёра принимаются.
op-partner-run-paused = Вызовы партнёра не принимаются.
op-partner-pause = Приостановить
op-partner-activate = Снова принимать вызовы
op-limits-hint = По одной сумме в строке, например 25000.00 RUB.
flash-partner-approved = Партнёр одобрен; письмо отправлено.
flash-partner-declined = Заявка отклонена; причина отправлена письмом.
flash-partner-changed = Изменение действует со следующего вызова.
invalid-max-commission = Пишите по одной сумме в строке, например 25000.00 RUB.
invalid-max-order = Пишите по одной сумме в строке, например 25000.00 RUB.
invalid-time-zone = Напишите пояс, например Europe/Moscow.
refused-application-open = Сначала решите по заявке.
refused-order-reported = О заказе уже сообщили под другим ключом. Отклоните обращение и напишите об этом.
